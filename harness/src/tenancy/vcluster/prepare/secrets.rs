//! The Secrets that a plane makes for itself: its keys, and its admin's kubeconfig.

use k8s_openapi::{
    ByteString,
    api::{apps::v1::StatefulSet, core::v1::Secret},
    apimachinery::pkg::apis::meta::v1::OwnerReference,
};
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{DeleteParams, PostParams, Preconditions},
};

use super::{Prepare, PrepareError};
use crate::{
    names,
    tenancy::{
        kubeconfig_file,
        vcluster::{keys::Keys, objects::API_PORT, plane_names::keys as keys_name},
    },
};

/// The annotation of the Secret with the keys that lists more names of the API, separated by commas.
pub const TLS_SANS: &str = "tenantbench.dev/tls-sans";

/// Keys with what their Secret says beside them.
pub(super) struct Kept {
    pub(super) keys: Keys,
    pub(super) tls_sans: Vec<String>,
}

/// The StatefulSet, as owner of what goes with it.
pub(super) async fn owner(client: &Client, step: &Prepare) -> Result<OwnerReference, PrepareError> {
    let api: Api<StatefulSet> = Api::namespaced(client.clone(), &step.namespace);
    let what = format!("read StatefulSet {}", step.stateful_set);
    let set = api.get(&step.stateful_set).await.map_err(PrepareError::call(&what))?;
    set.owner_ref(&()).ok_or_else(|| PrepareError::call(what)(kube::Error::Service("it has no uid".into())))
}

/// The virtual cluster's keys, made where there are none.
pub(super) async fn keys(
    client: &Client,
    step: &Prepare,
    owner: &OwnerReference,
) -> Result<Kept, PrepareError> {
    let name = keys_name(&step.name);
    if let Some(found) = of_this_plane(client, step, &name, owner).await? {
        let sans = found.annotations().get(TLS_SANS).map(String::as_str).unwrap_or_default();
        let tls_sans = sans.split(',').filter(|san| !san.is_empty()).map(str::to_owned).collect();
        return Ok(Kept { keys: Keys::load(&found.data.unwrap_or_default())?, tls_sans });
    }
    let keys = Keys::new(&step.name, &step.namespace)?;
    let data = keys.data().into_iter();
    create(client, step, owner, &name, data).await?;
    Ok(Kept { keys, tls_sans: Vec::new() })
}

/// The admin's kubeconfig for use inside the host cluster; one that is there stays, for somebody may use it.
pub(super) async fn kubeconfig(
    client: &Client,
    step: &Prepare,
    owner: &OwnerReference,
    keys: &Keys,
) -> Result<(), PrepareError> {
    let name = &step.kubeconfig_secret;
    if of_this_plane(client, step, name, owner).await?.is_some() {
        return Ok(());
    }
    let server = format!("https://{}.{}.svc:{API_PORT}", step.service, step.namespace);
    let config = keys.admin(&server, &step.name)?;
    let data = [("config".to_owned(), ByteString(kubeconfig_file::text(&config).into_bytes()))];
    create(client, step, owner, name, data.into_iter()).await
}

/// A Secret of this plane; one that a plane of the same name left is deleted, as its owner's end will have it anyway.
async fn of_this_plane(
    client: &Client,
    step: &Prepare,
    name: &str,
    owner: &OwnerReference,
) -> Result<Option<Secret>, PrepareError> {
    let api: Api<Secret> = Api::namespaced(client.clone(), &step.namespace);
    let found = api.get_opt(name).await.map_err(PrepareError::call(format!("read Secret {name}")))?;
    let Some(found) = found else { return Ok(None) };
    if found.owner_references().iter().any(|known| known.uid == owner.uid) {
        return Ok(Some(found));
    }
    if found.labels().get(names::VIRTUAL_CLUSTER_LABEL) != Some(&step.name) {
        return Err(PrepareError::Stranger(name.to_owned()));
    }
    let stale = Preconditions { uid: found.uid(), resource_version: None };
    match api.delete(name, &DeleteParams::default().preconditions(stale)).await {
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(None),
        deleted => deleted
            .map(|_| None)
            .map_err(PrepareError::call(format!("delete Secret {name} of an earlier plane"))),
    }
}

async fn create(
    client: &Client,
    step: &Prepare,
    owner: &OwnerReference,
    name: &str,
    data: impl Iterator<Item = (String, ByteString)>,
) -> Result<(), PrepareError> {
    let api: Api<Secret> = Api::namespaced(client.clone(), &step.namespace);
    let mut secret = Secret { data: Some(data.collect()), ..Secret::default() };
    secret.metadata.name = Some(name.to_owned());
    secret.metadata.labels = Some([(names::VIRTUAL_CLUSTER_LABEL.to_owned(), step.name.clone())].into());
    // To hold up its owner's end would need the right to change that.
    let owner = OwnerReference { block_owner_deletion: None, controller: None, ..owner.clone() };
    secret.metadata.owner_references = Some(vec![owner]);
    let made = api.create(&PostParams::default(), &secret).await;
    made.map(drop).map_err(PrepareError::call(format!("create Secret {name}")))
}
