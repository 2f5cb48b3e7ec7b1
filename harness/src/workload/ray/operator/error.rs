//! What can go wrong in the operator.

use std::net::SocketAddr;

/// A reconciliation that is tried again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReconcileError {
    /// The API server refused, or could not be reached.
    #[error("the API server did not take it: {0}; it is tried again")]
    Api(Box<kube::Error>),
}

impl From<kube::Error> for ReconcileError {
    fn from(error: kube::Error) -> Self {
        Self::Api(Box::new(error))
    }
}

/// Why the operator ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OperatorError {
    /// The port for probes is not to be had.
    #[error("cannot listen on {address}: {source}; choose another with --listen")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The server for probes ended.
    #[error("the server for metrics and probes ended: {0}; the operator must be restarted")]
    Serve(#[source] std::io::Error),
    /// Another process leads, or this one could not renew in time and must assume so.
    #[error("the lease {name} is lost: {reason}; the operator must be restarted to lead again")]
    LeaseLost {
        /// The lease, as `namespace/name`.
        name: String,
        /// Why.
        reason: String,
    },
    /// A controller's stream ended, which it never should.
    #[error("the controller of {kind} ended; the operator must be restarted")]
    ControllerEnded {
        /// The kind, such as `RayCluster`.
        kind: String,
    },
}
