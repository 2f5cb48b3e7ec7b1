//! One more name for the API of a virtual cluster that is there.

use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::{
    Api, Client, ResourceExt,
    api::{Patch, PatchParams},
};
use serde_json::json;

use super::{Found, Site, exec, find};
use crate::tenancy::{
    TenancyError,
    vcluster::{PlaneNames, prepare::TLS_SANS},
};

/// Adds a name to the certificate of the API, which serves it without a restart. False if it was there already.
///
/// `upgrades` must be a client for upgrades: the plane's first step is run again in its pod.
///
/// # Errors
/// As calls end, and where the step fails.
pub async fn add_name(
    site: &Site,
    upgrades: &Client,
    names: &PlaneNames,
    name: &str,
) -> Result<bool, TenancyError> {
    let secrets: Api<Secret> = Api::namespaced(site.host.client().clone(), &site.namespace);
    let keys = names.keys();
    let secret = secrets.get(&keys).await.map_err(TenancyError::call("read", &keys))?;
    let known = secret.annotations().get(TLS_SANS).cloned().unwrap_or_default();
    if known.split(',').any(|one| one == name) {
        return Ok(false);
    }
    let all = if known.is_empty() { name.to_owned() } else { format!("{known},{name}") };
    let patch = json!({"metadata": {"annotations": {TLS_SANS: all}}});
    let patched = secrets.patch(&keys, &PatchParams::default(), &Patch::Merge(patch)).await;
    patched.map_err(TenancyError::call("patch", &keys))?;
    let command = first_step(&find(site, &names.cluster).await?).unwrap_or_default();
    let pods: Api<Pod> = Api::namespaced(upgrades.clone(), &site.namespace);
    exec::run(&pods, names, command).await.map(|_| true)
}

/// The command of the first step, as the plane was made with it.
fn first_step(found: &Found) -> Option<Vec<String>> {
    let pod = found.set.spec.as_ref()?.template.spec.as_ref()?;
    pod.init_containers.iter().flatten().find(|container| container.name == "prepare")?.command.clone()
}
