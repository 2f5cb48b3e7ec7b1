//! `tenantbench report`: prints a run that was kept.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use tenantbench_reports::{
    Record, Report,
    fold::{FoldError, fold},
    journal::{self, Journal, JournalError},
    results::{Results, ResultsError},
    table::{TableOptions, table},
};

use super::{
    exit::{CliError, Code},
    output::Terminal,
};

/// How a run is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A table.
    #[default]
    Human,
    /// The report: one JSON document of the schema tenantbench.dev/report/v1.
    Json,
    /// The record: one JSON object a line, as things happened.
    Ndjson,
}

/// Print the table or the JSON of a run again, whole or cut off. Needs no cluster.
#[derive(Args, Clone, Debug)]
pub(super) struct ReportArgs {
    /// LAST for the newest run, a run's id, or the path of its folder or journal.
    #[arg(value_name = "RUN", default_value = "LAST")]
    run: String,
    /// The folder that keeps a folder for each run.
    #[arg(long, value_name = "DIR", default_value = "results", env = "TENANTBENCH_RESULTS")]
    results: PathBuf,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl ReportArgs {
    fn results(&self) -> Results {
        Results::at(&self.results)
    }
}

/// A report that could not be printed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportCliError {
    /// No such run.
    #[error(transparent)]
    Results(#[from] ResultsError),
    /// The run's journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal holds no run.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The report is not JSON.
    #[error("cannot write the report as JSON: {0}; please report this bug")]
    Json(#[from] serde_json::Error),
}

/// Prints a run that was kept.
///
/// # Errors
/// Where there is no such run, its journal cannot be read, or standard output cannot be written.
pub(super) fn run(arguments: &ReportArgs, terminal: &Terminal) -> Result<Code, CliError> {
    terminal.data(&text(arguments, width())?)?;
    Ok(Code::Ok)
}

/// Prints a run at its end, as [`run`] does later.
///
/// # Errors
/// Where standard output cannot be written or, for [`Format::Ndjson`], the journal cannot be read.
pub(super) fn print(
    report: &Report,
    format: Format,
    results: &Results,
    terminal: &Terminal,
) -> Result<(), CliError> {
    let journal = || results.run_folder(&report.run).join(journal::FILE_NAME);
    let records = if format == Format::Ndjson { read(&journal())?.records } else { Vec::new() };
    terminal.data(&render(&records, report, format, width())?)
}

fn text(arguments: &ReportArgs, width: usize) -> Result<String, ReportCliError> {
    let journal = journal::read(&arguments.results().find(&arguments.run)?)?;
    let mut report = fold(&journal.records)?;
    if journal.torn {
        report.notes.push("the last line of the journal was torn and is left out".to_owned());
    }
    render(&journal.records, &report, arguments.format, width)
}

fn read(path: &Path) -> Result<Journal, ReportCliError> {
    Ok(journal::read(path)?)
}

fn render(
    records: &[Record],
    report: &Report,
    format: Format,
    width: usize,
) -> Result<String, ReportCliError> {
    Ok(match format {
        // Where colours are not wanted the stream strips them.
        Format::Human => table(report, TableOptions { width, colour: true }),
        Format::Json => report.to_json()?,
        Format::Ndjson => {
            let lines: Vec<String> = records.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
            lines.join("\n") + "\n"
        }
    })
}

/// Columns of standard output's terminal; a wide page where it is none.
fn width() -> usize {
    terminal_size::terminal_size_of(std::io::stdout()).map_or(100, |(width, _)| usize::from(width.0))
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use tenantbench_reports::{Event, Machine, RunStarted};

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        report: ReportArgs,
    }

    fn printed(arguments: &[&str]) -> Result<String, String> {
        let arguments = std::iter::once("report").chain(arguments.iter().copied());
        text(&Cli::parse_from(arguments).report, 80).map_err(|error| error.to_string())
    }

    fn kept() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let head = RunStarted {
            run: "one".to_owned(),
            scenario: "ray-install".to_owned(),
            parameters: [].into(),
            models: vec!["vcluster".to_owned()],
            metrics: vec!["tenant_ready_seconds".to_owned()],
            rounds: 1,
            seed: 1,
            command: vec![],
            machine: Machine::default(),
            versions: [].into(),
        };
        let mut journal = Results::at(folder.path()).create("one").unwrap();
        for event in [Event::RunStarted(head), Event::RoundStarted { round: 1, model: "vcluster".to_owned() }]
        {
            journal.append(&Record { at: jiff::Timestamp::UNIX_EPOCH, event }).unwrap();
        }
        folder
    }

    #[test]
    fn a_run_that_was_cut_off_is_printed_in_every_format_and_says_so() {
        let folder = kept();
        let results = folder.path().to_str().unwrap();
        assert!(printed(&["--results", results]).unwrap().contains("NOT COMPLETE"));
        let json: Report =
            serde_json::from_str(&printed(&["one", "--results", results, "--format", "json"]).unwrap())
                .unwrap();
        assert!(!json.complete);
        let journal = fs_err::read_to_string(folder.path().join("one/journal.ndjson")).unwrap();
        assert_eq!(printed(&["LAST", "--results", results, "--format", "ndjson"]).unwrap(), journal);
    }

    #[test]
    fn a_torn_last_line_is_left_out_and_noted() {
        let folder = kept();
        let path = folder.path().join("one/journal.ndjson");
        let torn = fs_err::read_to_string(&path).unwrap() + "{\"at\":\"1970";
        fs_err::write(&path, torn).unwrap();
        assert!(printed(&[path.to_str().unwrap()]).unwrap().contains("torn"));
    }

    #[test]
    fn no_run_is_an_error_with_a_remedy() {
        let line = printed(&["--results", "/nonexistent"]).unwrap_err();
        assert_eq!(
            line,
            "no run in /nonexistent; run a scenario first, or name the results folder with --results DIR"
        );
    }
}
