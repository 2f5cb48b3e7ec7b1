//! What is known of a container.

use jiff::Timestamp;

use super::backoff::Backoff;
use crate::process::Exit;

/// A container's past and present.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Record {
    /// What it does now.
    pub(crate) state: State,
    /// How it ended before.
    pub(crate) last: Option<Ended>,
    /// How often it was started again.
    pub(crate) restarts: u32,
    /// Its start-up probe has succeeded, or it has none.
    pub(crate) started: bool,
    /// Its readiness probe says so, or it has none.
    pub(crate) ready: bool,
    /// When it may start again.
    pub(crate) backoff: Backoff,
}

/// What a container does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum State {
    /// It is not running, and why.
    Waiting {
        /// One word.
        reason: &'static str,
        /// What stands in the way, if something does.
        message: Option<String>,
    },
    /// It runs.
    Running {
        /// Its process; none if it is simulated.
        pid: Option<u32>,
        /// Since when.
        since: Timestamp,
    },
    /// It has ended.
    Ended(Ended),
}

impl Default for State {
    fn default() -> Self {
        Self::Waiting { reason: "ContainerCreating", message: None }
    }
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ended {
    /// Its process.
    pub(crate) pid: u32,
    /// How.
    pub(crate) exit: Exit,
    /// When it was started.
    pub(crate) started: Timestamp,
    /// When it ended.
    pub(crate) finished: Timestamp,
    /// Its last words.
    pub(crate) message: Option<String>,
}

impl Ended {
    /// The exit code as Kubernetes counts: 128 and the signal where a signal ended it.
    pub(crate) fn code(&self) -> i32 {
        match self.exit {
            Exit::Code(code) => code,
            Exit::Signal(signal) => 128 + signal,
            Exit::Unknown => 137,
        }
    }

    /// The word for it.
    pub(crate) fn reason(&self) -> &'static str {
        match self.exit {
            Exit::Code(0) => "Completed",
            Exit::Code(_) | Exit::Signal(_) | Exit::Unknown => "Error",
        }
    }
}

impl Record {
    /// The record of a container that has just ended.
    pub(crate) fn ended(&mut self, ended: Ended) {
        self.state = State::Ended(ended);
        (self.started, self.ready) = (false, false);
    }

    /// How it ended last, if it is not running.
    pub(crate) fn end(&self) -> Option<&Ended> {
        match &self.state {
            State::Ended(ended) => Some(ended),
            State::Waiting { .. } => self.last.as_ref(),
            State::Running { .. } => None,
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(self.state, State::Running { .. })
    }
}
