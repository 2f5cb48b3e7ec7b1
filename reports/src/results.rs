//! The results folder: `<results>/<run-id>/{journal.ndjson,report.json}`.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::journal::{self, JournalError, JournalWriter};

/// The report's name in its run folder.
pub const REPORT_FILE: &str = "report.json";

/// A results folder, or a run in it, that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResultsError {
    /// No run was kept yet.
    #[error("no run in {folder}; run a scenario first, or name the results folder with --results DIR")]
    Empty {
        /// The results folder.
        folder: PathBuf,
    },
    /// Neither a path nor a run's id.
    #[error(
        "no run {wanted:?}: it is neither a path nor a run in {folder}; `tenantbench report LAST` shows the newest{known}"
    )]
    Unknown {
        /// What was asked for.
        wanted: String,
        /// The results folder.
        folder: PathBuf,
        /// `, known: …`, or empty.
        known: String,
    },
    /// The folder could not be read.
    #[error("cannot read the results folder {folder}: {source}; name another with --results DIR")]
    Unreadable {
        /// The results folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder or a file in it could not be made.
    #[error("cannot write {path}: {source}; choose a writable folder with --results DIR")]
    Unwritable {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The run's journal is at fault.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// The folder in which runs are kept.
#[derive(Clone, Debug)]
pub struct Results {
    folder: PathBuf,
}

impl Results {
    /// The results folder at a path; it need not exist.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Makes a new run's folder and opens its journal.
    ///
    /// # Errors
    /// [`ResultsError`] where the folder or the journal cannot be made, or a run of that id is there already.
    pub fn create(&self, run: &str) -> Result<JournalWriter, ResultsError> {
        let folder = self.run_folder(run);
        std::fs::create_dir_all(&folder)
            .map_err(|source| ResultsError::Unwritable { path: folder.clone(), source })?;
        Ok(JournalWriter::create(folder.join(journal::FILE_NAME))?)
    }

    /// Writes a run's report beside its journal and returns where.
    ///
    /// # Errors
    /// [`ResultsError::Unwritable`]; the journal still holds everything.
    pub fn write_report(&self, report: &crate::Report) -> Result<PathBuf, ResultsError> {
        let path = self.run_folder(&report.run).join(REPORT_FILE);
        let written = report.to_json().map_err(io::Error::from).and_then(|text| std::fs::write(&path, text));
        match written {
            Ok(()) => Ok(path),
            Err(source) => Err(ResultsError::Unwritable { path, source }),
        }
    }

    /// The folder of a run.
    #[must_use]
    pub fn run_folder(&self, run: &str) -> PathBuf {
        self.folder.join(run)
    }

    /// The journal that `LAST`, a run's id, a run's folder or a journal's path stands for.
    ///
    /// # Errors
    /// [`ResultsError`] where there is none; the message names what was looked for and where.
    pub fn find(&self, wanted: &str) -> Result<PathBuf, ResultsError> {
        if wanted.eq_ignore_ascii_case("last") {
            return self.newest();
        }
        [self.run_folder(wanted), PathBuf::from(wanted)].iter().find_map(|path| journal_at(path)).ok_or_else(
            || {
                let known = self.runs().unwrap_or_default();
                let known =
                    if known.is_empty() { String::new() } else { format!(", known: {}", known.join(", ")) };
                ResultsError::Unknown { wanted: wanted.to_owned(), folder: self.folder.clone(), known }
            },
        )
    }

    /// The ids of the runs kept, by name.
    ///
    /// # Errors
    /// [`ResultsError::Unreadable`].
    pub fn runs(&self) -> Result<Vec<String>, ResultsError> {
        let unreadable = |source| ResultsError::Unreadable { folder: self.folder.clone(), source };
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(error)),
        };
        let mut runs = Vec::new();
        for entry in entries {
            let entry = entry.map_err(unreadable)?;
            if entry.path().join(journal::FILE_NAME).is_file() {
                runs.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        runs.sort();
        Ok(runs)
    }

    /// The run that began last by its own record, for names and file times may be changed.
    fn newest(&self) -> Result<PathBuf, ResultsError> {
        let journals = self.runs()?.into_iter().map(|run| self.run_folder(&run).join(journal::FILE_NAME));
        journals
            .filter_map(|path| journal::read_head(&path).ok().map(|head| (head.at, path)))
            .max()
            .map(|(_, path)| path)
            .ok_or_else(|| ResultsError::Empty { folder: self.folder.clone() })
    }
}

fn journal_at(path: &Path) -> Option<PathBuf> {
    // A report stands for its run, whose journal lies beside it.
    if path.file_name().is_some_and(|name| name == REPORT_FILE) {
        return journal_at(path.parent()?);
    }
    if path.is_dir() {
        Some(path.join(journal::FILE_NAME)).filter(|journal| journal.exists())
    } else {
        path.exists().then(|| path.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;
    use crate::{Event, Record, fixture, fold};

    fn with_runs(runs: &[&str]) -> (tempfile::TempDir, Results) {
        let folder = tempfile::tempdir().unwrap();
        let results = Results::at(folder.path());
        for (run, hours) in runs.iter().zip(0..) {
            let mut head = fixture::whole_run().remove(0);
            head.at = head.at.checked_sub(hours.hours()).unwrap();
            if let Event::RunStarted(started) = &mut head.event {
                started.run = (*run).to_owned();
            }
            results.create(run).unwrap().append(&head).unwrap();
        }
        (folder, results)
    }

    #[test]
    fn last_is_the_run_that_began_last() {
        let (folder, results) = with_runs(&["a-newest", "b", "c-oldest"]);
        assert_eq!(results.find("LAST").unwrap(), folder.path().join("a-newest/journal.ndjson"));
    }

    #[test]
    fn a_run_is_found_by_id_by_folder_and_by_file() {
        let (folder, results) = with_runs(&["one"]);
        let journal = folder.path().join("one/journal.ndjson");
        let report = folder.path().join("one/report.json");
        fs_err::write(&report, "{}").unwrap();
        for wanted in [
            "one",
            report.parent().unwrap().to_str().unwrap(),
            report.to_str().unwrap(),
            journal.to_str().unwrap(),
        ] {
            assert_eq!(results.find(wanted).unwrap(), journal, "{wanted}");
        }
    }

    #[test]
    fn what_is_not_there_is_named_with_what_is() {
        let (_folder, results) = with_runs(&["one", "two"]);
        let line = results.find("three").unwrap_err().to_string();
        assert!(line.contains("\"three\"") && line.contains("one, two"), "{line}");
        let line = Results::at("/nonexistent").find("last").unwrap_err().to_string();
        assert!(line.contains("/nonexistent") && line.contains("run a scenario first"), "{line}");
    }

    #[test]
    fn the_same_run_cannot_be_made_twice() {
        let (_folder, results) = with_runs(&["one"]);
        assert!(matches!(results.create("one"), Err(ResultsError::Journal(JournalError::Create { .. }))));
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error_with_a_remedy() {
        let line = Results::at("/proc/none").create("x").unwrap_err().to_string();
        assert!(line.contains("/proc/none/x") && line.contains("--results"), "{line}");
    }

    #[test]
    fn the_report_stands_beside_its_journal() {
        let (folder, results) = with_runs(&["20261121-120000-ray-install"]);
        let records: Vec<Record> = fixture::whole_run();
        let report = fold::fold(&records).unwrap();
        let path = results.write_report(&report).unwrap();
        assert_eq!(path, folder.path().join("20261121-120000-ray-install/report.json"));
        assert_eq!(
            serde_json::from_str::<crate::Report>(&fs_err::read_to_string(path).unwrap()).unwrap(),
            report
        );
    }
}
