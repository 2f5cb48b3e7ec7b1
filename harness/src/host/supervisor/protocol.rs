//! What a supervisor says: events on its standard output, and answers on its control socket. Both are JSON lines.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tenantbench_reports::HostReady;

use crate::{
    host::{HostError, HostKind},
    process::Identity,
};

/// A line on standard output, for whoever started the supervisor.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// What is being waited for.
    Progress {
        /// One line for a person.
        text: String,
    },
    /// The API is served.
    ApiReady,
    /// The host is ready.
    Ready(Box<Status>),
    /// The host could not come up, or broke. After a failed start the supervisor removes everything and ends.
    Failed {
        /// One line for a person.
        message: String,
        /// The last lines of the log that tells more.
        tail: Vec<String>,
        /// Whether it is this machine that lacks something.
        #[serde(default)]
        unfit: bool,
    },
}

impl Event {
    /// What is said of an error.
    pub fn failed(error: &HostError) -> Self {
        Self::Failed { message: error.to_string(), tail: error.log_lines().to_vec(), unfit: error.is_unfit() }
    }
}

/// A line on the control socket to the supervisor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "kebab-case")]
pub enum Request {
    /// How the host is.
    Status,
    /// Open a way from this machine to a port of a Service.
    Forward {
        /// The Service's namespace.
        namespace: String,
        /// The Service's name.
        service: String,
        /// The Service's port.
        port: u16,
    },
    /// Write what the host's servers and pods have logged into a folder. The answer comes when all is written.
    Logs {
        /// The folder.
        to: PathBuf,
    },
    /// Live on when the owner ends.
    Keep,
    /// Take everything down. The answer comes when nothing is left.
    Down,
}

/// The answer to one [`Request`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "kebab-case")]
pub enum Reply {
    /// To [`Request::Status`].
    Status(Box<Status>),
    /// To [`Request::Forward`].
    Forwarded {
        /// The address on this machine.
        address: SocketAddr,
    },
    /// To [`Request::Logs`].
    Saved,
    /// To [`Request::Keep`].
    Kept,
    /// To [`Request::Down`].
    Down {
        /// What was stopped and removed, a line each.
        removed: Vec<String>,
    },
    /// The request could not be done.
    Error {
        /// One line for a person.
        message: String,
    },
}

/// How a host is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    /// The run's name.
    pub name: String,
    /// Which kind of host it is.
    pub kind: HostKind,
    /// How far it is.
    pub state: State,
    /// Whether it outlives its owner.
    pub kept: bool,
    /// When the supervisor started.
    pub started_at: Timestamp,
    /// The supervisor's process.
    pub supervisor: Identity,
    /// Process ids by component.
    pub processes: BTreeMap<String, u32>,
    /// The containers that are its nodes.
    pub containers: Vec<String>,
    /// Where the API server's audit log grows.
    pub audit_log: PathBuf,
    /// The API server's address for programs on this machine.
    pub api_server: String,
    /// The range of Service addresses.
    pub service_cidr: String,
    /// For the report, once it is ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<HostReady>,
}

/// How far a host is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum State {
    /// It comes up.
    Starting,
    /// All is well.
    Ready,
    /// A process that it needs has ended.
    Failed {
        /// One line for a person.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::kind::DockerError;

    #[test]
    fn an_event_hands_on_whether_the_machine_lacks_something() {
        let event = Event::failed(&HostError::Docker(DockerError::DiskFull("mkdir".into())));
        let line = serde_json::to_string(&event).unwrap();
        let Event::Failed { message, unfit, .. } = serde_json::from_str(&line).unwrap() else {
            panic!("{line}");
        };
        assert!(unfit && message.contains("disk is full"), "{line}");
    }

    #[test]
    fn requests_are_short_lines_that_a_person_can_type() {
        let line = serde_json::to_string(&Request::Down).unwrap();
        assert_eq!(line, r#"{"request":"down"}"#);
        let forward = r#"{"request":"forward","namespace":"a","service":"b","port":80}"#;
        assert!(matches!(serde_json::from_str(forward).unwrap(), Request::Forward { port: 80, .. }));
    }
}
