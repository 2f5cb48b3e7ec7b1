//! Why a way could not be opened or closed.

use std::io;

use tenantbench_syncer::client::ClientError;

use crate::host::{HostError, folder::FolderError, state::NoStateFolder};

/// A way to a virtual cluster that could not be opened or closed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReachError {
    /// There is no folder for its files.
    #[error(transparent)]
    State(#[from] NoStateFolder),
    /// Its folder cannot be had.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// What a killed one left cannot be removed.
    #[error(transparent)]
    Leftover(#[from] HostError),
    /// The host cannot be reached with these credentials.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The pod did not take the connection.
    #[error("cannot forward to pod {pod}: {source}")]
    Forward {
        /// The plane's pod.
        pod: String,
        /// The client's words.
        source: Box<kube::Error>,
    },
    /// The process said why it ends, or ended without a word.
    #[error("the port-forward did not start: {0}")]
    Failed(String),
    /// Ctrl-C.
    #[error("interrupted: no way to the virtual cluster is open")]
    Interrupted,
    /// It does not end.
    #[error("process {0} of the port-forward does not end; kill it, then run `tenantbench gc`")]
    Stays(u32),
    /// A file or pipe failed.
    #[error("{context}: {source}")]
    Io {
        /// What was tried.
        context: String,
        /// What the system said.
        source: io::Error,
    },
}

impl ReachError {
    pub(super) fn io(context: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let context = context.into();
        move |source| Self::Io { context, source }
    }
}
