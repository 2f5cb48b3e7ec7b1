//! The first step of a plane, run in its pod before the others: keys, certificates, kubeconfigs.
//!
//! It is what makes a virtual cluster's objects the same everywhere: a manifest that holds keys would hold others each
//! time it is printed, and nobody knows a Service's address before the Service is there. It acts with the plane's own
//! service account, whose Role covers it, and may run again at any time.

mod files;
mod secrets;

use std::{
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use k8s_openapi::api::core::v1::Service;
use kube::{Api, Client};

pub use secrets::TLS_SANS;

use super::{
    keys::KeysError,
    store::{Etcd, PartsError, restore},
};
use crate::host::pki::PkiError;

/// What the first step is told.
#[derive(Clone, Debug)]
pub struct Prepare {
    /// The virtual cluster.
    pub name: String,
    /// Its host namespace.
    pub namespace: String,
    /// Its Service.
    pub service: String,
    /// The StatefulSet that owns its Secrets.
    pub stateful_set: String,
    /// The Secret for the admin's kubeconfig.
    pub kubeconfig_secret: String,
    /// More names of its API.
    pub tls_sans: Vec<String>,
    /// Where files are written.
    pub folder: PathBuf,
    /// The plane's store.
    pub etcd: String,
}

/// The addresses for which certificates are made.
pub(super) struct Addresses {
    service: String,
    namespace: String,
    service_address: String,
    more: Vec<String>,
}

/// The first step could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// A key or certificate could not be made.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// The keys that were made before cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The Service has no address.
    #[error(
        "Service {0} has no cluster address; a virtual cluster needs one of type ClusterIP, NodePort or LoadBalancer"
    )]
    NoAddress(String),
    /// The host's API refused.
    #[error("cannot {what}: {source}; the plane's service account needs its Role")]
    Call {
        /// What was tried.
        what: String,
        /// The client's words.
        source: Box<kube::Error>,
    },
    /// A Secret of that name is somebody else's.
    #[error(
        "Secret {0} is there and belongs to no virtual cluster of this name; delete it, or name another one"
    )]
    Stranger(String),
    /// The store that waits for the plane could not be taken up.
    #[error(transparent)]
    Store(#[from] PartsError),
    /// A file could not be written.
    #[error("cannot write the plane's files: {0}")]
    File(#[from] io::Error),
}

impl PrepareError {
    fn call(what: impl Into<String>) -> impl FnOnce(kube::Error) -> Self {
        let what = what.into();
        move |source| Self::Call { what, source: Box::new(source) }
    }
}

/// Makes what is missing and writes the files. Asked again, it keeps keys and kubeconfig and renews the certificates.
///
/// # Errors
/// [`PrepareError`].
pub async fn prepare(client: &Client, step: &Prepare) -> Result<(), PrepareError> {
    let service_address = address(client, step).await?;
    let owner = secrets::owner(client, step).await?;
    let kept = secrets::keys(client, step, &owner).await?;
    let mut more = step.tls_sans.clone();
    more.extend(kept.tls_sans);
    let addresses =
        Addresses { service: step.service.clone(), namespace: step.namespace.clone(), service_address, more };
    let place = (step.namespace.as_str(), step.name.as_str());
    if let Some(keys) = restore(client, place, &Etcd::at(&step.etcd)).await? {
        tracing::info!(keys, "the store is as it was put away");
    }
    let files = files::files(&kept.keys, &addresses)?;
    write(&step.folder, &files)?;
    secrets::kubeconfig(client, step, &owner, &kept.keys).await
}

async fn address(client: &Client, step: &Prepare) -> Result<String, PrepareError> {
    let api: Api<Service> = Api::namespaced(client.clone(), &step.namespace);
    let found = allowed(|| api.get(&step.service)).await;
    let found = found.map_err(PrepareError::call(format!("read Service {}", step.service)))?;
    let address = found.spec.and_then(|spec| spec.cluster_ip);
    address
        .filter(|address| !address.is_empty() && address != "None")
        .ok_or_else(|| PrepareError::NoAddress(step.service.clone()))
}

/// How often the first call is tried: whoever applies manifests applies them in any order, and rights take a moment.
const TRIES: u32 = 40;
const BETWEEN: Duration = Duration::from_millis(250);

/// The answer to the first call, once what it needs has been applied.
async fn allowed<T, F>(mut call: impl FnMut() -> F) -> Result<T, kube::Error>
where
    F: Future<Output = Result<T, kube::Error>>,
{
    let mut tries = 0;
    loop {
        match call().await {
            Err(kube::Error::Api(status)) if matches!(status.code, 403 | 404) && tries < TRIES => {}
            Err(error @ kube::Error::Api(_)) => return Err(error),
            Err(error) if tries == TRIES => return Err(error),
            Err(error) => tracing::debug!(%error, "no answer yet"),
            Ok(answer) => return Ok(answer),
        }
        tries += 1;
        tokio::time::sleep(BETWEEN).await;
    }
}

/// Writes each file beside its place and moves it there: the API server reads its certificate again when it changes.
fn write(folder: &Path, files: &[(String, String)]) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    for (name, text) in files {
        let (path, new) = (folder.join(name), folder.join(format!(".{name}.new")));
        let mut options = fs_err::OpenOptions::new();
        options.create(true).truncate(true).write(true);
        options.options_mut().mode(0o600);
        io::Write::write_all(&mut options.open(&new)?, text.as_bytes())?;
        fs_err::rename(new, path)?;
    }
    Ok(())
}
