//! Reads a journal back, whole or cut off.

use std::{
    io::{BufRead, BufReader},
    path::Path,
};

use super::JournalError;
use crate::{Event, Record};

/// What a journal holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Journal {
    /// The whole records, the first of which is the run's head.
    pub records: Vec<Record>,
    /// True where the last line was torn and left out.
    pub torn: bool,
}

/// Reads all of a journal.
///
/// # Errors
/// [`JournalError`] where the file cannot be read, holds something else, or is broken before its last line.
pub fn read(path: &Path) -> Result<Journal, JournalError> {
    let text = std::fs::read(path).map_err(|source| JournalError::Read { path: path.to_owned(), source })?;
    let mut journal = Journal { records: Vec::new(), torn: false };
    let mut lines = text.split_inclusive(|&byte| byte == b'\n').enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        match serde_json::from_slice(line) {
            Ok(record) => journal.records.push(record),
            // A kill can only tear the line that was being written, which then has no end.
            Err(_) if lines.peek().is_none() && !line.ends_with(b"\n") && index > 0 => journal.torn = true,
            Err(error) if index == 0 => return Err(not_a_journal(path, &error.to_string())),
            Err(error) => {
                return Err(JournalError::BrokenLine {
                    path: path.to_owned(),
                    line: index + 1,
                    reason: error.to_string(),
                });
            }
        }
    }
    head_of(path, journal.records.first())?;
    Ok(journal)
}

/// Reads a journal's first record only, to tell what run it is of.
///
/// # Errors
/// [`JournalError`] where the file cannot be read or does not begin with a run's head.
pub fn read_head(path: &Path) -> Result<Record, JournalError> {
    let failed = |source| JournalError::Read { path: path.to_owned(), source };
    let mut line = Vec::new();
    BufReader::new(std::fs::File::open(path).map_err(failed)?)
        .read_until(b'\n', &mut line)
        .map_err(failed)?;
    let record: Option<Record> = match line.as_slice() {
        [] => None,
        line => Some(serde_json::from_slice(line).map_err(|error| not_a_journal(path, &error.to_string()))?),
    };
    head_of(path, record.as_ref()).cloned()
}

fn head_of<'a>(path: &Path, record: Option<&'a Record>) -> Result<&'a Record, JournalError> {
    match record {
        Some(record) if matches!(record.event, Event::RunStarted(_)) => Ok(record),
        Some(_) => Err(not_a_journal(path, "it does not begin with a run's head")),
        None => Err(not_a_journal(path, "it is empty")),
    }
}

fn not_a_journal(path: &Path, reason: &str) -> JournalError {
    JournalError::NotAJournal { path: path.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn journal_of(text: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.ndjson");
        fs_err::write(&path, text).unwrap();
        (folder, path)
    }

    fn lines(records: &[Record]) -> Vec<u8> {
        records
            .iter()
            .map(|record| serde_json::to_string(record).unwrap() + "\n")
            .collect::<String>()
            .into_bytes()
    }

    #[test]
    fn what_was_written_is_read() {
        let records = fixture::whole_run();
        let (_folder, path) = journal_of(&lines(&records));
        assert_eq!(read(&path).unwrap(), Journal { records, torn: false });
    }

    #[test]
    fn any_cut_after_the_head_loses_at_most_the_last_line() {
        let records = fixture::whole_run();
        let text = lines(&records);
        let head = text.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        for cut in (head..text.len()).step_by(97) {
            let (_folder, path) = journal_of(&text[..cut]);
            let journal = read(&path).unwrap();
            let whole = text[..cut].iter().filter(|&&byte| byte == b'\n').count();
            // A line that lacks only its end is whole, too.
            assert!(journal.records.len() == whole || journal.records.len() == whole + 1);
            assert_eq!(journal.records, records[..journal.records.len()]);
        }
    }

    #[test]
    fn other_files_are_told_from_journals() {
        for (text, reason) in [
            (&b""[..], "it is empty"),
            (b"{\"schema\":\"tenantbench.dev/report/v1\"}\n", "not a journal"),
            (b"hello\n", "not a journal"),
            (
                b"{\"at\":\"2026-01-01T00:00:00Z\",\"event\":\"note\",\"text\":\"x\"}\n",
                "does not begin with a run's head",
            ),
        ] {
            let (_folder, path) = journal_of(text);
            for error in [read(&path).unwrap_err(), read_head(&path).unwrap_err()] {
                assert!(matches!(error, JournalError::NotAJournal { .. }), "{error:?}");
                assert!(error.to_string().contains(reason), "{error}");
            }
        }
    }

    #[test]
    fn a_broken_line_in_the_middle_is_named() {
        let mut text = lines(&fixture::whole_run());
        let second = text.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        text[second] = b'?';
        let (_folder, path) = journal_of(&text);
        let error = read(&path).unwrap_err();
        assert!(matches!(error, JournalError::BrokenLine { line: 2, .. }), "{error:?}");
    }
}
