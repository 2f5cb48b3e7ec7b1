//! What to start: a description that can be built and tested without starting anything.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use tokio::process::Command;

/// A program to run under supervision. Its environment holds nothing but what is given here, `PATH` and the run's
/// mark, because etcd and the Kubernetes servers read dozens of variables that a user may have set for other ends.
#[derive(Clone, Debug)]
pub struct Program {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) arguments: Vec<OsString>,
    pub(super) environment: Vec<(OsString, OsString)>,
    pub(super) folder: Option<PathBuf>,
    pub(super) log: PathBuf,
}

impl Program {
    /// A program with the name that messages use, its file, and the file that takes stdout and stderr.
    pub fn new(name: impl Into<String>, path: impl Into<PathBuf>, log: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            path: path.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            folder: None,
            log: log.into(),
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Sets the working directory.
    #[must_use]
    pub fn current_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// The name that messages use.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file that takes stdout and stderr.
    pub fn log(&self) -> &Path {
        &self.log
    }

    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.args(&self.arguments).env_clear();
        command.env("PATH", std::env::var_os("PATH").as_deref().unwrap_or(OsStr::new("/usr/bin:/bin")));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        command
    }
}
