//! The list of processes that a run started, kept in its folder for `gc`.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::Identity;

/// One process that a run started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What it is, such as `kube-apiserver`.
    pub name: String,
    /// Which process it is.
    #[serde(flatten)]
    pub identity: Identity,
}

/// An append-only file of [`Entry`] lines. It outlives the process that wrote it.
#[derive(Clone, Debug)]
pub struct Ledger {
    path: PathBuf,
}

impl Ledger {
    /// The ledger at `path`; the file is made with its first entry.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Adds a process, in one write so that two writers do not mix lines.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn append(&self, entry: &Entry) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        fs_err::OpenOptions::new().create(true).append(true).open(&self.path)?.write_all(&line)
    }

    /// All processes ever recorded. A last line that was cut off by a kill is passed over.
    ///
    /// # Errors
    /// When the file is there but cannot be read.
    pub fn read(&self) -> io::Result<Vec<Entry>> {
        match File::open(&self.path) {
            Ok(file) => parse(BufReader::new(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Where the ledger is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn parse(reader: impl BufRead) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for line in reader.lines() {
        if let Ok(entry) = serde_json::from_str(&line?) {
            entries.push(entry);
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cut_off_by_a_kill_is_passed_over() {
        let text = "{\"name\":\"etcd\",\"pid\":7,\"start_ticks\":42}\n{\"name\":\"kube-a";
        let identity = Identity { pid: 7, start_ticks: 42 };
        assert_eq!(parse(text.as_bytes()).unwrap(), [Entry { name: "etcd".into(), identity }]);
    }

    #[test]
    fn a_run_without_processes_has_an_empty_ledger() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Ledger::at(folder.path().join("processes.ndjson")).read().unwrap().is_empty());
    }
}
