//! A dump that waits in the host namespace for a plane to start on it: in Secrets, a part in each, for a Secret holds a
//! mebibyte and a dump may be larger.

use k8s_openapi::{ByteString, api::core::v1::Secret, apimachinery::pkg::apis::meta::v1::OwnerReference};
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams},
};

use super::{Dump, DumpError, Etcd, EtcdError};
use crate::names;

/// The label of a part; the value is the virtual cluster's name.
const LABEL: &str = "tenantbench.dev/store-of";
/// The annotations of a part: its place among how many.
const NUMBER: &str = "tenantbench.dev/part";
const OF: &str = "tenantbench.dev/parts";
const ENTRY: &str = "dump";

/// Bytes of a part.
const SIZE: usize = 900_000;

/// A waiting dump that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PartsError {
    /// The host's API refused.
    #[error("cannot {what} the parts of the store: {source}")]
    Call {
        /// What was tried.
        what: &'static str,
        /// The client's words.
        source: Box<kube::Error>,
    },
    /// A part is missing.
    #[error("{found} of {said} parts of the store are there; write them all again")]
    Missing {
        /// How many there should be.
        said: usize,
        /// How many there are.
        found: usize,
    },
    /// Together they are no dump.
    #[error("the store that waits for {name} {source}")]
    Dump {
        /// The virtual cluster.
        name: String,
        /// What is wrong.
        source: DumpError,
    },
    /// The store does not take it.
    #[error(transparent)]
    Etcd(#[from] EtcdError),
}

fn call(what: &'static str) -> impl FnOnce(kube::Error) -> PartsError {
    move |source| PartsError::Call { what, source: Box::new(source) }
}

/// Writes a dump for the virtual cluster `name`, owned by what owns its other objects where that is there.
///
/// # Errors
/// As calls end.
pub async fn put_away(
    client: &Client,
    (namespace, name): (&str, &str),
    owner: Option<OwnerReference>,
    dump: &[u8],
) -> Result<(), PartsError> {
    let api: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let parts: Vec<&[u8]> = dump.chunks(SIZE).collect();
    for (number, part) in parts.iter().enumerate() {
        let mut secret = Secret {
            data: Some([(ENTRY.to_owned(), ByteString(part.to_vec()))].into()),
            ..Secret::default()
        };
        let labels = [LABEL, names::VIRTUAL_CLUSTER_LABEL].map(|label| (label.to_owned(), name.to_owned()));
        secret.metadata.name = Some(format!("{name}-store-{number}"));
        secret.metadata.labels = Some(labels.into());
        let annotations = [(NUMBER.to_owned(), number.to_string()), (OF.to_owned(), parts.len().to_string())];
        secret.metadata.annotations = Some(annotations.into());
        secret.metadata.owner_references = owner.clone().map(|owner| vec![owner]);
        let params = PatchParams::apply(names::FIELD_MANAGER).force();
        let put = api.patch(&secret.name_any(), &params, &Patch::Apply(&secret)).await;
        put.map_err(call("write"))?;
    }
    Ok(())
}

/// Removes what waits for a virtual cluster.
///
/// # Errors
/// As calls end.
pub async fn take_away(client: &Client, (namespace, name): (&str, &str)) -> Result<(), PartsError> {
    for secret in waiting(client, (namespace, name)).await? {
        let api: Api<Secret> = Api::namespaced(client.clone(), namespace);
        match api.delete(&secret.name_any(), &DeleteParams::default()).await {
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            deleted => drop(deleted.map_err(call("delete"))?),
        }
    }
    Ok(())
}

/// Fills an empty store with what waits for the virtual cluster. Says how many keys it wrote; none where nothing waits.
///
/// # Errors
/// [`PartsError`].
pub async fn restore(
    client: &Client,
    (namespace, name): (&str, &str),
    etcd: &Etcd,
) -> Result<Option<usize>, PartsError> {
    let mut parts = waiting(client, (namespace, name)).await?;
    let Some(first) = parts.first() else { return Ok(None) };
    let number = |secret: &Secret, annotation: &str| {
        secret.annotations().get(annotation).and_then(|text| text.parse::<usize>().ok()).unwrap_or_default()
    };
    let said = number(first, OF);
    if parts.len() != said {
        return Err(PartsError::Missing { said, found: parts.len() });
    }
    if !etcd.is_empty().await? {
        return Ok(None);
    }
    parts.sort_by_key(|secret| number(secret, NUMBER));
    let bytes: Vec<u8> =
        parts.into_iter().filter_map(|secret| secret.data?.remove(ENTRY)).flat_map(|part| part.0).collect();
    let dump = Dump::unpack(&bytes).map_err(|source| PartsError::Dump { name: name.to_owned(), source })?;
    etcd.put(&dump.entries).await?;
    Ok(Some(dump.entries.len()))
}

async fn waiting(client: &Client, (namespace, name): (&str, &str)) -> Result<Vec<Secret>, PartsError> {
    let api: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let list = api.list(&ListParams::default().labels(&format!("{LABEL}={name}"))).await;
    Ok(list.map_err(call("list"))?.items)
}
