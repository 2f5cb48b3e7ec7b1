//! What can go wrong with a host.

use std::{io, path::PathBuf};

use super::{
    control_plane::FilesError,
    folder::{FolderError, RunNameError},
    kind::DockerError,
    pki::PkiError,
    state::NoStateFolder,
};
use crate::{
    image::ImageError,
    process::{Exit, SpawnError},
};

/// A host that could not be made, reached or removed. Each message names the thing, the reason and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The name given for the host cannot be one.
    #[error(transparent)]
    Name(#[from] RunNameError),
    /// No variable says where run state belongs.
    #[error(transparent)]
    State(#[from] NoStateFolder),
    /// The run folder cannot be had.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A key or certificate could not be made.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// The control plane's files could not be written.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// A process could not be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    /// No free port was found.
    #[error("no port for the host: {0}")]
    Ports(#[source] io::Error),
    /// One of the host's processes ended while the host was needed.
    #[error("{name} {exit}{}", last_line(.tail))]
    ChildDied {
        /// The component.
        name: String,
        /// How it ended.
        exit: Exit,
        /// The last lines of its log, oldest first.
        tail: Vec<String>,
    },
    /// Somebody no longer wants the host that was coming up.
    #[error("interrupted; the host was not started, and nothing of it is left")]
    Interrupted,
    /// The host did not come up in time.
    #[error(
        "the host was not ready after {seconds:.0} s: {waiting_for}; is the machine overloaded? raise --start-timeout"
    )]
    NotReady {
        /// What had not happened.
        waiting_for: String,
        /// How long it was given.
        seconds: f64,
    },
    /// The host's API refused or dropped a request of ours.
    #[error("the host's API failed: {context}: {source}")]
    Api {
        /// What was tried.
        context: String,
        /// What the client said.
        source: Box<kube::Error>,
    },
    /// A kubeconfig that we wrote could not be used.
    #[error("cannot use the kubeconfig {path}: {reason}")]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The process that holds the pods' network has ended.
    #[error(
        "the pods' router ended while the host was running, so no pod is reached any more; start the run again"
    )]
    RouterDied,
    /// The simulated nodes or their network failed.
    #[error("simulated nodes: {0}")]
    Nodes(String),
    /// The supervisor said why the host failed.
    #[error("{message}")]
    Failed {
        /// The supervisor's words, one line.
        message: String,
        /// The last lines of the log that tells more, oldest first.
        tail: Vec<String>,
        /// Whether it is this machine that lacks something.
        unfit: bool,
    },
    /// The host's supervisor could not be started, or ended without a word.
    #[error("the host's supervisor {0}; `tenantbench gc` removes what it left")]
    Supervisor(String),
    /// Supervisor and client are of different versions.
    #[error(
        "the host's supervisor speaks as another version of tenantbench does ({reason}); end that host with `tenantbench host down --name NAME`, and start it again"
    )]
    OtherVersion {
        /// What could not be read.
        reason: String,
    },
    /// The nodes do not get the image of this program.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// Docker cannot do its part.
    #[error(transparent)]
    Docker(#[from] DockerError),
    /// A Service cannot be reached from this machine.
    #[error(
        "no way to port {port} of service {namespace}/{service}: {reason}; see `kubectl -n {namespace} get endpointslices,pods`"
    )]
    NoWay {
        /// The Service's namespace.
        namespace: String,
        /// The Service's name.
        service: String,
        /// The Service's port.
        port: u16,
        /// Why there is none.
        reason: String,
    },
    /// There is no host of this name.
    #[error("no host named {0}; `tenantbench host list` names those that run")]
    Unknown(String),
    /// A file or socket of the host failed us.
    #[error("{context}: {source}")]
    Io {
        /// What was tried.
        context: String,
        /// What the system said.
        source: io::Error,
    },
}

impl HostError {
    /// A host that failed, in words that say all.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::Failed { message: message.into(), tail: Vec::new(), unfit: false }
    }

    /// True where this machine lacks something, so that the same would fail again.
    pub fn is_unfit(&self) -> bool {
        match self {
            Self::State(_) | Self::Files(_) | Self::Ports(_) => true,
            Self::Folder(error) => !matches!(error, FolderError::Live { .. } | FolderError::Leftover { .. }),
            Self::Docker(error) => error.is_unfit(),
            Self::Failed { unfit, .. } => *unfit,
            _ => false,
        }
    }

    /// An I/O error with what was tried.
    pub(crate) fn io(context: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let context = context.into();
        move |source| Self::Io { context, source }
    }

    /// An error of the host's API with what was tried.
    pub(crate) fn api(context: impl Into<String>) -> impl FnOnce(kube::Error) -> Self {
        let context = context.into();
        move |source| Self::Api { context, source: Box::new(source) }
    }

    /// The last lines of the log of the process that failed; empty where there is none.
    pub fn log_lines(&self) -> &[String] {
        match self {
            Self::ChildDied { tail, .. } | Self::Failed { tail, .. } => tail,
            _ => &[],
        }
    }
}

fn last_line(tail: &[String]) -> String {
    tail.last().map(|line| format!("; its last words: {line}")).unwrap_or_default()
}
