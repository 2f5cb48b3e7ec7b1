//! What can go wrong with a tenant.

use tenantbench_syncer::client::ClientError;

use super::signing_request::SigningRequestError;
use crate::{
    apply::ApplyError,
    host::HostError,
    host::pki::PkiError,
    observe::until::WaitError,
    refusal,
    workload::{InstallError, WorkloadError},
};

/// A tenant that could not be made, used or deleted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TenancyError {
    /// A wait ended without what it waited for.
    #[error(transparent)]
    Wait(#[from] WaitError),
    /// An object could not be applied or deleted.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// A certificate could not be made.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// A certificate could not be asked for.
    #[error(transparent)]
    Request(#[from] SigningRequestError),
    /// The host failed.
    #[error(transparent)]
    Host(#[from] HostError),
    /// No client could be made of the credentials.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// What the platform installs for its tenants failed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The workload could not be put together.
    #[error(transparent)]
    Workload(#[from] WorkloadError),
    /// Another plane, or another program, has a port that the plane listens on.
    #[error(
        "port {port} of this machine is taken, and without pod isolation a virtual cluster needs it; run one tenantbench at a time, or free the port"
    )]
    NoRoom {
        /// The port.
        port: u16,
    },
    /// There is no virtual cluster of this name.
    #[error(
        "no virtual cluster {name} in namespace {namespace}; `tenantbench tenant list -n {namespace}` names those that are there"
    )]
    Unknown {
        /// The name.
        name: String,
        /// Where it was looked for.
        namespace: String,
    },
    /// The kubeconfig that a plane made cannot be used.
    #[error(
        "Secret {secret} holds no kubeconfig: {reason}; delete it, and the plane's pod, to have it made again"
    )]
    Kubeconfig {
        /// The Secret.
        secret: String,
        /// What is wrong.
        reason: String,
    },
    /// A command of ours in the plane's pod failed.
    #[error("pod {pod}: {reason}")]
    Step {
        /// The pod.
        pod: String,
        /// The command's last words.
        reason: String,
    },
    /// The store could not be put away or taken up.
    #[error(transparent)]
    Store(#[from] crate::tenancy::vcluster::store::PartsError),
    /// An API call failed.
    #[error("cannot {verb} {object}: {}", refusal::words(.source))]
    Call {
        /// What was tried.
        verb: &'static str,
        /// On what.
        object: String,
        /// Why it failed.
        source: Box<kube::Error>,
    },
    /// An object of ours does not have the shape of its kind: a bug.
    #[error("the {what} that tenantbench builds is not valid: {source}; please report this")]
    Object {
        /// Which object.
        what: &'static str,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

impl TenancyError {
    /// Whether the host's API server did not answer at all.
    pub fn is_unreached(&self) -> bool {
        match self {
            Self::Call { source, .. }
            | Self::Apply(ApplyError::Call { source, .. } | ApplyError::Discovery(source)) => {
                refusal::is_unreached(source)
            }
            _ => false,
        }
    }

    /// Wraps a failed call on an object.
    pub(crate) fn call(verb: &'static str, object: &str) -> impl FnOnce(kube::Error) -> Self {
        let object = object.to_owned();
        move |source| Self::Call { verb, object, source: Box::new(source) }
    }

    /// Wraps an object that does not fit its kind.
    pub(crate) fn object(what: &'static str) -> impl FnOnce(serde_json::Error) -> Self {
        move |source| Self::Object { what, source }
    }
}
