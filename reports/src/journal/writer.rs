//! Appends records to a journal.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::JournalError;
use crate::Record;

/// An open journal. Whatever happens, it holds whole lines.
#[derive(Debug)]
pub struct JournalWriter {
    path: PathBuf,
    file: File,
    /// Bytes of whole lines; a line that could not be written whole is cut back to here.
    written: u64,
}

impl JournalWriter {
    /// Creates the journal of a new run; an existing file is never overwritten.
    ///
    /// # Errors
    /// [`JournalError::Create`] where the file exists or cannot be made.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, JournalError> {
        let path = path.into();
        match File::options().write(true).create_new(true).open(&path) {
            Ok(file) => Ok(Self { path, file, written: 0 }),
            Err(source) => Err(JournalError::Create { path, source }),
        }
    }

    /// Appends one record and returns when the kernel has it.
    ///
    /// # Errors
    /// [`JournalError::Write`], on a full disk for one; the journal then ends with the record before, and a later
    /// append may succeed again.
    pub fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        self.append_line(record).map_err(|source| JournalError::Write { path: self.path.clone(), source })
    }

    /// Where the journal is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn append_line(&mut self, record: &Record) -> io::Result<()> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        if let Err(error) = self.file.write_all(&line) {
            self.cut_back()?;
            return Err(error);
        }
        self.written += line.len() as u64;
        Ok(())
    }

    /// Half a line in the middle of a journal would make the lines after it unreadable.
    fn cut_back(&mut self) -> io::Result<()> {
        use std::io::Seek;
        if self.file.metadata()?.is_file() {
            self.file.set_len(self.written)?;
            self.file.seek(io::SeekFrom::Start(self.written))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Event, journal};

    fn note(text: &str) -> Record {
        Record { at: jiff::Timestamp::UNIX_EPOCH, event: Event::Note { text: text.to_owned() } }
    }

    #[test]
    fn a_full_disk_is_an_error_that_says_what_to_do() {
        let path = PathBuf::from("/dev/full");
        let file = File::options().write(true).open(&path).unwrap();
        let error = JournalWriter { path, file, written: 0 }.append(&note("x")).unwrap_err();
        assert!(matches!(error, JournalError::Write { .. }));
        let line = error.to_string();
        assert!(
            line.contains("/dev/full") && line.contains("No space left") && line.contains("--results"),
            "{line}"
        );
    }

    #[test]
    fn half_a_line_is_cut_back_so_that_the_next_one_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = JournalWriter::create(folder.path().join("j")).unwrap();
        writer.append(&note("one")).unwrap();
        writer.file.write_all(b"{\"at\":\"20").unwrap();
        writer.cut_back().unwrap();
        writer.append(&note("two")).unwrap();
        let text = fs_err::read_to_string(writer.path()).unwrap();
        let notes: Vec<Record> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(notes, [note("one"), note("two")]);
    }

    #[test]
    fn a_journal_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(journal::FILE_NAME);
        JournalWriter::create(&path).unwrap();
        assert!(matches!(JournalWriter::create(&path), Err(JournalError::Create { .. })));
    }
}
