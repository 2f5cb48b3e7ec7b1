//! Writes a file, so that another pod can read it.

use std::{io::Write, path::Path, process::ExitCode};

use super::{ended, mounted};

/// Writes `text` to `path`, down to the disk.
pub fn put(path: &Path, text: &str) -> ExitCode {
    ended(std::fs::File::create(mounted(path)).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }))
}
