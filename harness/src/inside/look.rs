//! Says what a container sees.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use serde::{Deserialize, Serialize};

use super::{ended, mounted, say, serve::host_name};

/// What a container sees.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inside {
    /// Its host name.
    pub hostname: String,
    /// Its environment.
    pub environment: BTreeMap<String, String>,
    /// The text of its `/etc/resolv.conf`.
    pub resolver: String,
    /// The files that were asked for, by path; one that cannot be read is left out.
    pub files: BTreeMap<PathBuf, String>,
}

/// Prints an [`Inside`] as JSON, with the content of `files`.
pub fn look(files: &[PathBuf]) -> ExitCode {
    ended(say(&see(files)))
}

fn see(files: &[PathBuf]) -> Inside {
    let content = |path: &Path| -> io::Result<String> {
        Ok(String::from_utf8_lossy(&std::fs::read(mounted(path))?).into_owned())
    };
    Inside {
        hostname: host_name(),
        environment: std::env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
            .collect(),
        resolver: std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default(),
        files: files.iter().filter_map(|path| Some((path.clone(), content(path).ok()?))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_is_left_out_and_the_rest_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let (here, gone) = (folder.path().join("here"), folder.path().join("gone"));
        std::fs::write(&here, "text").unwrap();
        let seen = see(&[here.clone(), gone]);
        assert_eq!(seen.files, BTreeMap::from([(here, "text".to_owned())]));
        assert!(seen.environment.contains_key("PATH") && !seen.hostname.is_empty());
    }
}
