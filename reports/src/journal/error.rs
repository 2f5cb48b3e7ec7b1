//! What can go wrong with a journal.

use std::{io, path::PathBuf};

/// A journal that could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The file could not be made.
    #[error("cannot create the journal {path}: {source}; choose a writable folder with --results DIR")]
    Create {
        /// The journal's path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line could not be written; the lines before it are whole.
    #[error(
        "cannot write to the journal {path}: {source}; what was recorded before it is kept: free some space or choose another folder with --results DIR"
    )]
    Write {
        /// The journal's path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file could not be read.
    #[error("cannot read the journal {path}: {source}")]
    Read {
        /// The journal's path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds something else.
    #[error(
        "{path} is not a journal of tenantbench: {reason}; give a run's folder, its journal.ndjson, or a run's id"
    )]
    NotAJournal {
        /// The file's path.
        path: PathBuf,
        /// What was found instead of a run's head.
        reason: String,
    },
    /// A line before the last one is broken, so the record cannot be trusted.
    #[error(
        "{path}:{line}: broken record: {reason}; if a newer tenantbench wrote it, read it with that version"
    )]
    BrokenLine {
        /// The journal's path.
        path: PathBuf,
        /// 1-based number of the line.
        line: usize,
        /// What the parser said.
        reason: String,
    },
}
