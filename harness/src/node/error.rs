//! What can go wrong with the nodes of a local host.

use std::{io, path::PathBuf};

/// A node or its network that could not be made or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// A helper process did not start.
    #[error("cannot start {name}: {reason}")]
    Helper {
        /// The hidden command.
        name: &'static str,
        /// What it said, or the system.
        reason: String,
    },
    /// The socket by which the API server reaches nodes, pods and Services.
    #[error("cannot serve {path}: {source}; is the run folder writable and its path shorter than 108 bytes?")]
    Egress {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of a pod.
    #[error("cannot prepare a pod's files: {0}; is the disk full?")]
    Files(#[from] io::Error),
    /// The nodes' calls to the API server.
    #[error("the API server refused {what}: {source}")]
    Api {
        /// What was asked.
        what: String,
        /// What it said.
        source: Box<kube::Error>,
    },
    /// The certificate with which a kubelet serves.
    #[error("cannot make a kubelet's certificate: {0}")]
    Certificate(String),
    /// A Service that nothing serves.
    #[error("service {namespace}/{service} has no ready endpoint for port {port} after {seconds} s")]
    NoEndpoint {
        /// The Service's namespace.
        namespace: String,
        /// The Service's name.
        service: String,
        /// The Service's port.
        port: u16,
        /// How long was waited.
        seconds: u64,
    },
}
