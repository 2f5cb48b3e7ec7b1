//! The hidden commands that run inside a pod's namespaces.
//!
//! Each is a process of its own, started as `tenantbench internal NAME JSON`: namespaces can only be entered by a
//! process with one thread, which the supervisor is not.

mod container;
mod exec;
mod filesystem;
pub mod layout;
mod lifetime;
mod netlink;
mod router;
mod sandbox;
mod user;

use std::{io, process::ExitCode};

use serde::de::DeserializeOwned;

pub(crate) use router::SOCKETS_PER_ANSWER;

/// The exit code of a helper that could not start its program; the one that container runtimes use for it.
pub const START_FAILED: u8 = 128;

/// Why a helper gave up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HelperError {
    #[error("{what}: {source}")]
    Step { what: String, source: io::Error },
    #[error("the layout is not readable: {0}")]
    Layout(#[from] serde_json::Error),
    #[error("the process that started this one is gone")]
    Orphan,
    #[error("{0}")]
    Refused(String),
}

/// Names the step that failed.
pub(crate) trait Step<T> {
    fn step(self, what: impl Into<String>) -> Result<T, HelperError>;
}

impl<T, E: Into<io::Error>> Step<T> for Result<T, E> {
    fn step(self, what: impl Into<String>) -> Result<T, HelperError> {
        self.map_err(|error| HelperError::Step { what: what.into(), source: error.into() })
    }
}

/// Holds the namespaces that all pods of a host hang on, until the supervisor hangs up.
///
/// Like the others it must be called before any thread is started.
pub fn router(layout: &str) -> ExitCode {
    finish("router", with(layout, router::run))
}

/// Holds the network and host name of one pod, until the supervisor hangs up.
pub fn sandbox(layout: &str) -> ExitCode {
    finish("pod-sandbox", with(layout, sandbox::run))
}

/// Becomes the program of one container; returns only where that fails.
pub fn container(layout: &str) -> ExitCode {
    finish("pod-container", with(layout, container::run))
}

/// Becomes a command in a running container; returns only where that fails.
pub fn exec(layout: &str) -> ExitCode {
    finish("pod-exec", with(layout, exec::run))
}

fn with<L: DeserializeOwned>(
    json: &str,
    body: impl FnOnce(L) -> Result<(), HelperError>,
) -> Result<(), HelperError> {
    body(serde_json::from_str(json)?)
}

fn finish(name: &str, done: Result<(), HelperError>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tenantbench {name}: {error}");
            ExitCode::from(START_FAILED)
        }
    }
}
