//! The journal: one [`Record`](crate::Record) a line, written as it happens.
//!
//! Each line reaches the kernel in one write before the run goes on, so a killed process loses at most the line it
//! was writing; the reader drops such a torn last line and says so.

mod error;
mod reader;
mod writer;

pub use error::JournalError;
pub use reader::{Journal, read, read_head};
pub use writer::JournalWriter;

/// The journal's name in its run folder.
pub const FILE_NAME: &str = "journal.ndjson";
