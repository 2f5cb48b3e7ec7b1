//! Exit codes: the one place where they are documented, and where errors get theirs.

use std::process::ExitCode;

use tenantbench_scenarios::{LoadError, ResolveError};

use super::{
    list::ListCliError, operator::OperatorCliError, plan::PlanCliError, report::ReportCliError,
    workload::WorkloadError,
};
use crate::{
    assets::AssetError,
    host::{HostError, folder::FolderError, kind::node_image::NodeImageError},
    image::ImageError,
    run::RunError,
};

/// How tenantbench ends. Scripts may rely on these numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// All was done as asked.
    Ok = 0,
    /// tenantbench is wrong.
    Bug = 1,
    /// The command line or a scenario is wrong.
    Usage = 2,
    /// The scenario ran and failed.
    ScenarioFailed = 100,
    /// The scenario ran, and tenants left something behind.
    LeakFound = 101,
    /// The host cluster did not come up, broke, or cannot be reached.
    HostFailed = 102,
    /// This machine lacks something.
    Unfit = 103,
    /// Results could not be written.
    ResultsNotWritten = 104,
    /// Ctrl-C or SIGTERM.
    Interrupted = 130,
}

impl Code {
    /// All codes, by number.
    pub const ALL: [Self; 9] = [
        Self::Ok,
        Self::Bug,
        Self::Usage,
        Self::ScenarioFailed,
        Self::LeakFound,
        Self::HostFailed,
        Self::Unfit,
        Self::ResultsNotWritten,
        Self::Interrupted,
    ];

    /// The number.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// What it means, for the help.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "all was done as asked",
            Self::Bug => "a bug in tenantbench: please report it",
            Self::Usage => "the command line or a scenario file is wrong",
            Self::ScenarioFailed => "the scenario ran and failed",
            Self::LeakFound => "the scenario ran, and something was left behind that should not be",
            Self::HostFailed => "the host cluster did not come up, broke, or cannot be reached",
            Self::Unfit => "this machine lacks something: see `tenantbench doctor`",
            Self::ResultsNotWritten => "results could not be written",
            Self::Interrupted => "interrupted by Ctrl-C or SIGTERM",
        }
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code.number())
    }
}

/// The table of exit codes, for `--help`.
pub fn help() -> String {
    let lines = Code::ALL.map(|code| format!("  {:>3}  {}", code.number(), code.meaning()));
    format!("Exit codes:\n{}", lines.join("\n"))
}

/// An error as a user sees it: one line, perhaps lines of somebody's log, perhaps a hint; and the exit code.
#[derive(Debug)]
pub struct CliError {
    code: Code,
    message: String,
    log: Vec<String>,
    hint: Option<String>,
    is_told: bool,
}

impl CliError {
    /// An error that ends tenantbench with `code`.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), log: Vec::new(), hint: None, is_told: false }
    }

    /// The same, of which the reader has heard.
    #[must_use]
    pub fn told(mut self) -> Self {
        self.is_told = true;
        self
    }

    /// Whether the reader has heard of it.
    pub fn is_told(&self) -> bool {
        self.is_told
    }

    /// Adds what to do about it, where the message does not say.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the last lines of the log of what failed.
    #[must_use]
    pub fn log(mut self, lines: &[String]) -> Self {
        self.log = lines.to_vec();
        self
    }

    /// The exit code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The lines of the log of what failed, oldest first.
    pub fn log_lines(&self) -> &[String] {
        &self.log
    }

    /// What to do about it.
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl From<HostError> for CliError {
    fn from(error: HostError) -> Self {
        let code = match &error {
            HostError::Name(_)
            | HostError::Folder(FolderError::Live { .. } | FolderError::Leftover { .. }) => Code::Usage,
            error if error.is_unfit() => Code::Unfit,
            HostError::Pki(_) => Code::Bug,
            HostError::Interrupted => Code::Interrupted,
            _ => Code::HostFailed,
        };
        Self::new(code, error.to_string()).log(error.log_lines())
    }
}

impl From<ImageError> for CliError {
    fn from(error: ImageError) -> Self {
        Self::new(Code::Unfit, error.to_string())
    }
}

impl From<AssetError> for CliError {
    fn from(error: AssetError) -> Self {
        Self::new(Code::Unfit, error.to_string())
    }
}

impl From<NodeImageError> for CliError {
    fn from(error: NodeImageError) -> Self {
        match error {
            NodeImageError::Docker(error) => HostError::from(error).into(),
            NodeImageError::Asset(error) => error.into(),
            NodeImageError::Interrupted => Self::new(Code::Interrupted, error.to_string()),
            NodeImageError::Failed { ref tail, .. } => Self::new(Code::Unfit, error.to_string()).log(tail),
            _ => Self::new(Code::Unfit, error.to_string()),
        }
    }
}

impl From<RunError> for CliError {
    fn from(error: RunError) -> Self {
        let code = match error {
            RunError::Host(error) => return error.into(),
            RunError::HostDied(_) => Code::HostFailed,
            RunError::Journal(_) | RunError::Results(_) | RunError::Kubeconfig { .. } => {
                Code::ResultsNotWritten
            }
            RunError::Interrupted => Code::Interrupted,
            RunError::OutOfOrder(_) | RunError::Workload(_) => Code::Usage,
            RunError::Setup(_) => Code::Unfit,
            _ => Code::ScenarioFailed,
        };
        Self::new(code, error.to_string())
    }
}

impl From<LoadError> for CliError {
    fn from(error: LoadError) -> Self {
        Self::new(Code::Usage, error.to_string())
    }
}

impl From<ResolveError> for CliError {
    fn from(error: ResolveError) -> Self {
        Self::new(Code::Usage, error.to_string())
    }
}

impl From<WorkloadError> for CliError {
    fn from(error: WorkloadError) -> Self {
        let code = match error {
            WorkloadError::Output(_) => Code::ResultsNotWritten,
            _ => Code::Usage,
        };
        Self::new(code, error.to_string())
    }
}

impl From<OperatorCliError> for CliError {
    fn from(error: OperatorCliError) -> Self {
        Self::new(Code::HostFailed, error.to_string())
    }
}

impl From<ReportCliError> for CliError {
    fn from(error: ReportCliError) -> Self {
        let code = if matches!(error, ReportCliError::Json(_)) { Code::Bug } else { Code::Usage };
        Self::new(code, error.to_string())
    }
}

impl From<ListCliError> for CliError {
    fn from(error: ListCliError) -> Self {
        Self::new(Code::Bug, error.to_string())
    }
}

impl From<PlanCliError> for CliError {
    fn from(error: PlanCliError) -> Self {
        let code = if matches!(error, PlanCliError::Json(_)) { Code::Bug } else { Code::Usage };
        Self::new(code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_that_scripts_rely_on() {
        let numbers = Code::ALL.map(Code::number);
        assert_eq!(numbers, [0, 1, 2, 100, 101, 102, 103, 104, 130]);
    }

    #[test]
    fn the_help_names_every_code() {
        let help = help();
        for code in Code::ALL {
            assert!(help.contains(&format!("{:>3}  {}", code.number(), code.meaning())));
        }
    }

    #[test]
    fn a_second_host_of_the_same_name_is_a_mistake_of_the_user() {
        let live = FolderError::Live { name: "a".parse().unwrap(), path: "/a".into() };
        assert_eq!(CliError::from(HostError::from(live)).code(), Code::Usage);
    }

    #[test]
    fn a_host_that_fails_for_what_the_machine_lacks_makes_it_unfit() {
        let failed = |unfit| HostError::Failed { message: "disk full".into(), tail: Vec::new(), unfit };
        assert_eq!(CliError::from(failed(true)).code(), Code::Unfit);
        assert_eq!(CliError::from(failed(false)).code(), Code::HostFailed);
    }

    #[test]
    fn a_folder_that_cannot_be_written_makes_the_machine_unfit() {
        let source = std::io::ErrorKind::PermissionDenied.into();
        let folder = FolderError::NotWritable { path: "/a".into(), source };
        assert_eq!(CliError::from(HostError::from(folder)).code(), Code::Unfit);
    }
}
