//! Ending a virtual cluster, and seeing that nothing of it is left.

use std::time::Duration;

use futures::future::{join_all, try_join_all};
use kube::{
    Api, ResourceExt,
    api::{DynamicObject, ListParams, TypeMeta},
    core::ApiResource,
    runtime::watcher,
};

use super::{Progress, Site, kinds};
use crate::{
    apply::ApplyError,
    names,
    observe::until::{Wait, WaitError},
    tenancy::{TenancyError, vcluster::PlaneNames},
};

/// Deletes what the virtual cluster is made of, by its mark; the rest goes with its owner. Returns at once.
async fn remove(site: &Site, names: &PlaneNames) -> Result<(), TenancyError> {
    let selector = format!("{}={}", names::VIRTUAL_CLUSTER_LABEL, names.cluster);
    for kind in kinds::own() {
        for object in listed(site, &kind, &selector).await? {
            match site.host.delete(&object, &site.namespace).await {
                // A quota is the platform's, and goes by its hand.
                Err(ApplyError::Refused(_)) if kind.kind == "ResourceQuota" => {}
                ended => ended?,
            }
        }
    }
    Ok(())
}

/// Deletes a virtual cluster, waits until nothing of it is left, and says what was: a line for each object.
///
/// # Errors
/// As calls end, and where something is left after `limit`; the message names it.
pub async fn delete(
    site: &Site,
    names: &PlaneNames,
    limit: Duration,
    progress: Progress<'_>,
) -> Result<Vec<String>, TenancyError> {
    let marked = kinds::marked(names);
    let there = try_join_all(marked.iter().map(|(kind, selector)| listed(site, kind, selector))).await?;
    let kept =
        |object: &DynamicObject| object.types.as_ref().is_some_and(|types| types.kind == "ResourceQuota");
    let lines = there.iter().flatten().filter(|object| !kept(object)).map(line).collect();
    remove(site, names).await?;
    progress(&format!("waiting until nothing of {} is left", names.cluster));
    let waits = marked.into_iter().filter(|(kind, _)| kind.kind != "ResourceQuota");
    let ended = join_all(waits.map(|(kind, selector)| gone(site, kind, selector, limit))).await;
    ended.into_iter().collect::<Result<(), _>>()?;
    Ok(lines)
}

async fn gone(site: &Site, kind: ApiResource, selector: String, limit: Duration) -> Result<(), WaitError> {
    let api = Api::<DynamicObject>::namespaced_with(site.host.client().clone(), &site.namespace, &kind);
    let wait = Wait::new(format!("the end of {} with {selector}", kind.plural), limit);
    match wait.gone(api, watcher::Config::default().labels(&selector)).await {
        // Who may not see a kind has made none of it.
        Err(WaitError::Refused { .. }) => Ok(()),
        ended => ended,
    }
}

async fn listed(site: &Site, kind: &ApiResource, selector: &str) -> Result<Vec<DynamicObject>, TenancyError> {
    let api = Api::<DynamicObject>::namespaced_with(site.host.client().clone(), &site.namespace, kind);
    let objects = match api.list(&ListParams::default().labels(selector)).await {
        Err(kube::Error::Api(status)) if status.code == 403 => return Ok(Vec::new()),
        listed => listed.map_err(TenancyError::call("list", &kind.plural))?,
    };
    // A list leaves the kind of its items out.
    let types = TypeMeta { api_version: kind.api_version.clone(), kind: kind.kind.clone() };
    let named = |mut object: DynamicObject| {
        object.types = Some(types.clone());
        object
    };
    Ok(objects.items.into_iter().map(named).collect())
}

fn line(object: &DynamicObject) -> String {
    let kind = object.types.as_ref().map(|types| types.kind.to_lowercase()).unwrap_or_default();
    format!("{kind}/{}", object.name_any())
}
