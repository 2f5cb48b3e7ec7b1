//! The built-in scenarios, and how a scenario is found by name or path.

use std::{io, path::PathBuf};

use crate::{Malformed, Scenario, problem::remedy};

/// The built-in scenarios: name and text.
pub const CATALOGUE: &[(&str, &str)] = &[
    ("ray-install", include_str!("../catalogue/ray-install.yaml")),
    ("density", include_str!("../catalogue/density.yaml")),
    ("two-customers", include_str!("../catalogue/two-customers.yaml")),
    ("data-plane", include_str!("../catalogue/data-plane.yaml")),
    ("sync-throughput", include_str!("../catalogue/sync-throughput.yaml")),
    ("sync-latency", include_str!("../catalogue/sync-latency.yaml")),
];

/// A scenario that could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// Neither a built-in scenario nor a file.
    #[error("no scenario `{wanted}` ({remedy}; or give the path of a YAML file)")]
    Unknown {
        /// What was asked for.
        wanted: String,
        /// What was probably meant, or the names that there are.
        remedy: String,
    },
    /// The file could not be read.
    #[error("cannot read the scenario {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file has mistakes.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// All built-in scenarios, in the order of the list.
///
/// # Errors
/// [`Malformed`] never, in a build whose tests passed.
pub fn catalogue() -> Result<Vec<Scenario>, Malformed> {
    CATALOGUE.iter().map(|(name, text)| Scenario::parse(name, text)).collect()
}

/// The built-in scenario of that name, or else the file at that path.
///
/// # Errors
/// [`LoadError`] where there is neither, or the file cannot be read or has mistakes.
pub fn load(wanted: &str) -> Result<Scenario, LoadError> {
    if let Some((name, text)) = CATALOGUE.iter().find(|(name, _)| *name == wanted) {
        return Ok(Scenario::parse(name, text)?);
    }
    let path = PathBuf::from(wanted);
    let looks_like_a_path = wanted.contains('/') || path.extension().is_some();
    if !looks_like_a_path && !path.is_file() {
        let known: Vec<&str> = CATALOGUE.iter().map(|(name, _)| *name).collect();
        return Err(LoadError::Unknown { wanted: wanted.to_owned(), remedy: remedy(wanted, &known) });
    }
    let text = std::fs::read_to_string(&path).map_err(|source| LoadError::Unreadable { path, source })?;
    Ok(Scenario::parse(wanted, &text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_has_no_mistakes_and_its_names_are_those_in_the_files() {
        for (scenario, (name, _)) in catalogue().unwrap().iter().zip(CATALOGUE) {
            assert_eq!(scenario.name, *name);
        }
    }

    #[test]
    fn what_is_not_there_is_named_with_what_is() {
        let line = load("ray-instal").unwrap_err().to_string();
        assert_eq!(
            line,
            "no scenario `ray-instal` (did you mean `ray-install`?; or give the path of a YAML file)"
        );
        let line = load("./none.yaml").unwrap_err().to_string();
        assert!(line.starts_with("cannot read the scenario ./none.yaml: No such file"), "{line}");
    }
}
