//! Reading a config file: YAML, or JSON, which is YAML too.

use std::path::Path;

use serde_saphyr::Error;

use super::{ConfigError, Place, Settings};

/// Reads a file.
///
/// # Errors
/// A file that cannot be read, or that holds something unknown or wrong.
pub fn read(path: &Path) -> Result<Settings, ConfigError> {
    let text =
        fs_err::read_to_string(path).map_err(|source| ConfigError::File { path: path.to_owned(), source })?;
    decode(path, &text)
}

/// Reads the text of a file; `path` is for messages.
///
/// # Errors
/// [`ConfigError::Malformed`] for the first mistake.
pub fn decode(path: &Path, text: &str) -> Result<Settings, ConfigError> {
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    // A file of comments alone says nothing, which is allowed.
    let settings: Option<Settings> = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let at = error.location();
        let place =
            at.map_or(Place { line: 1, column: 1 }, |at| Place { line: at.line(), column: at.column() });
        ConfigError::Malformed { path: path.to_owned(), place, message: message(&error) }
    })?;
    Ok(settings.unwrap_or_default())
}

fn message(error: &Error) -> String {
    match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            format!("unknown field `{field}`; {}", remedy(field, expected))
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            format!("unknown value `{variant}`; {}", remedy(variant, expected))
        }
        other => without_place(&other.to_string()).to_owned(),
    }
}

/// The known word that was probably meant, or all of them.
fn remedy(wrong: &str, known: &[&str]) -> String {
    /// Letters that a slip of the hand changes.
    const SLIP: usize = 2;
    let distances = known.iter().map(|word| (strsim::damerau_levenshtein(wrong, word), word));
    match distances.min() {
        Some((distance, word)) if distance <= SLIP && distance < word.len() => {
            format!("did you mean `{word}`?")
        }
        _ => format!("known: {}", known.join(", ")),
    }
}

/// The parser's message in one line, without the place, which stands before it.
fn without_place(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    line.rfind(" at line ").map_or(line, |cut| &line[..cut])
}
