//! A virtual cluster that rests: no plane, no pods, its store kept.

use std::time::Duration;

use k8s_openapi::{
    api::{apps::v1::StatefulSet, core::v1::Pod},
    apimachinery::pkg::apis::meta::v1::OwnerReference,
};
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams},
    runtime::watcher,
};
use serde_json::json;
use tenantbench_syncer::names::marks;

use super::{Found, Progress, Site, ready, snapshot};
use crate::{
    names,
    observe::until::Wait,
    tenancy::{
        TenancyError,
        vcluster::{
            PlaneNames,
            store::{put_away, take_away},
        },
    },
};

/// The annotation of a plane that was told to pause, so that whoever applies its objects again lets it rest.
pub const PAUSED: &str = "tenantbench.dev/paused";

/// Puts the store away where it would go with the pod, and has [`rest`] do what remains.
///
/// # Errors
/// As calls and waits end.
pub async fn pause(
    site: &Site,
    upgrades: &Client,
    found: &Found,
    limit: Duration,
    progress: Progress<'_>,
) -> Result<usize, TenancyError> {
    let names = &found.names;
    if !has_disk(&found.set) {
        progress(&format!("putting the store of {} away", names.cluster));
        let dump = snapshot(site, upgrades, names).await?;
        let place = (site.namespace.as_str(), names.cluster.as_str());
        put_away(site.host.client(), place, owner(&found.set), &dump).await?;
    }
    scale(site, &found.set, 0).await?;
    rest(site, names, limit, progress).await
}

/// Ends the pods of a virtual cluster that was told to pause, and waits for their end and the plane's. Says how many
/// pods ended beside the plane's.
///
/// # Errors
/// As calls and waits end.
pub async fn rest(
    site: &Site,
    names: &PlaneNames,
    limit: Duration,
    progress: Progress<'_>,
) -> Result<usize, TenancyError> {
    let pods: Api<Pod> = Api::namespaced(site.host.client().clone(), &site.namespace);
    let tenants = format!("{}={}", marks::VCLUSTER, names.suffix);
    let plane = format!("{}={}", names::VIRTUAL_CLUSTER_LABEL, names.cluster);
    progress(&format!("waiting for the end of the plane of {} and its pods", names.cluster));
    // The syncer first: it would make again what is deleted under it.
    let wait = Wait::new(format!("the end of the plane of {}", names.cluster), limit);
    wait.gone(pods.clone(), watcher::Config::default().labels(&plane)).await?;
    let listed = pods.list(&ListParams::default().labels(&tenants)).await;
    let running = listed.map_err(TenancyError::call("list", "pods"))?.items;
    for pod in &running {
        match pods.delete(&pod.name_any(), &DeleteParams::default()).await {
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            deleted => drop(deleted.map_err(TenancyError::call("delete", &pod.name_any()))?),
        }
    }
    let wait = Wait::new(format!("the end of the pods of {}", names.cluster), limit);
    wait.gone(pods, watcher::Config::default().labels(&tenants)).await?;
    Ok(running.len())
}

/// Starts the plane again on the store that was kept, and waits until it is Ready.
///
/// # Errors
/// As calls and waits end.
pub async fn resume(
    site: &Site,
    found: &Found,
    limit: Duration,
    progress: Progress<'_>,
) -> Result<(), TenancyError> {
    scale(site, &found.set, 1).await?;
    ready(site, &found.names, limit, progress).await?;
    Ok(take_away(site.host.client(), (&site.namespace, &found.names.cluster)).await?)
}

async fn scale(site: &Site, set: &StatefulSet, replicas: i32) -> Result<(), TenancyError> {
    let api: Api<StatefulSet> = Api::namespaced(site.host.client().clone(), &site.namespace);
    let name = set.name_any();
    let paused = (replicas == 0).then_some("true");
    let patch = json!({"metadata": {"annotations": {PAUSED: paused}}, "spec": {"replicas": replicas}});
    let scaled = api.patch(&name, &PatchParams::default(), &Patch::Merge(patch)).await;
    scaled.map(drop).map_err(TenancyError::call("scale", &name))
}

fn has_disk(set: &StatefulSet) -> bool {
    let claims = set.spec.as_ref().and_then(|spec| spec.volume_claim_templates.as_ref());
    claims.is_some_and(|claims| !claims.is_empty())
}

fn owner(set: &StatefulSet) -> Option<OwnerReference> {
    let owner = set.owner_ref(&())?;
    Some(OwnerReference { block_owner_deletion: None, controller: None, ..owner })
}
