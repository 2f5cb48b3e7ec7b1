//! Why a client could not be made.

use std::path::PathBuf;

/// A client that could not be made. Calls that fail later are kube's own errors.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The kubeconfig is missing, malformed or incomplete.
    #[error("kubeconfig {place} cannot be used: {source}; check the path and its current-context")]
    Kubeconfig {
        /// The file, or what was given in its place.
        place: String,
        /// kube's reason.
        source: Box<kube::config::KubeconfigError>,
    },
    /// Not in a pod, or the pod has no service account token.
    #[error("{path} cannot be read: {source}; outside a pod, name a kubeconfig instead")]
    PodFile {
        /// The file that a pod would have.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A pod's environment lacks the API server's address.
    #[error(
        "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT give no address ({reason}); outside a pod, name a kubeconfig"
    )]
    PodEnvironment {
        /// What is wrong with them.
        reason: String,
    },
    /// A certificate file holds no certificate.
    #[error("{path} holds no PEM certificate: {reason}")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// The parser's reason.
        reason: String,
    },
    /// The credentials or certificates are there and unusable.
    #[error("the client's credentials cannot be used: {0}; check certificate, key and token")]
    Credentials(Box<kube::Error>),
}

impl ClientError {
    pub(crate) fn credentials(error: kube::Error) -> Self {
        Self::Credentials(Box::new(error))
    }
}
