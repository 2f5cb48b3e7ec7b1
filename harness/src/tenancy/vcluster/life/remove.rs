//! Ending a virtual cluster, and seeing that nothing of it is left.

use std::time::Duration;

use futures::{
    StreamExt, TryStreamExt,
    future::{join_all, try_join_all},
    stream,
};
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
    observe::{
        patience::Patience,
        until::{Wait, WaitError},
    },
    tenancy::{TenancyError, vcluster::PlaneNames},
};

/// Nobody needs what the plane still has to write, and its API server would use up any grace: it waits for watches to
/// end that nobody ends.
const PLANE_GRACE_SECONDS: u32 = 1;

/// Deletes under way at once.
const AT_ONCE: usize = 16;

/// Deletes what the virtual cluster is made of and its pods, which take longest; the rest goes with its owner. Returns
/// at once.
async fn remove(site: &Site, names: &PlaneNames, there: &[DynamicObject]) -> Result<(), TenancyError> {
    let doomed = there.iter().filter_map(|object| Some((doom(object, names)?, object)));
    let (first, then): (Vec<_>, Vec<_>) = doomed.partition(|(doom, _)| *doom == Doom::First);
    for objects in [first, then] {
        let ends: Vec<_> = objects.into_iter().map(|(doom, object)| end(site, doom, object)).collect();
        stream::iter(ends).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    }
    Ok(())
}

/// How an object of a virtual cluster is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doom {
    /// Before all others: it would make again what goes, or lets the syncer do so.
    First,
    /// The plane's own pod.
    Plane,
    /// With as much time as it asks for.
    Plain,
}

/// None for what goes by itself, with its owner.
fn doom(object: &DynamicObject, names: &PlaneNames) -> Option<Doom> {
    let is_own = object.labels().get(names::VIRTUAL_CLUSTER_LABEL) == Some(&names.cluster);
    let kind = object.types.as_ref()?.kind.as_str();
    match (kind, is_own) {
        ("StatefulSet" | "RoleBinding", true) => Some(Doom::First),
        ("Pod", true) => Some(Doom::Plane),
        ("Pod", false) => Some(Doom::Plain),
        (kind, true) if kinds::own().iter().any(|own| own.kind == kind) => Some(Doom::Plain),
        _ => None,
    }
}

async fn end(site: &Site, doom: Doom, object: &DynamicObject) -> Result<(), TenancyError> {
    let grace = (doom == Doom::Plane).then_some(PLANE_GRACE_SECONDS);
    match site.host.delete_within(object, &site.namespace, grace).await {
        // A quota is the platform's, and goes by its hand.
        Err(ApplyError::Refused(_)) if is_quota(object) => Ok(()),
        ended => Ok(ended?),
    }
}

fn is_quota(object: &DynamicObject) -> bool {
    object.types.as_ref().is_some_and(|types| types.kind == "ResourceQuota")
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
    let patience = Patience::with_all(limit);
    let marked = kinds::marked(names);
    let there = try_join_all(marked.iter().map(|(kind, selector)| listed(site, kind, selector))).await?;
    let there = there.concat();
    let lines = there.iter().filter(|object| !is_quota(object)).map(line).collect();
    remove(site, names, &there).await?;
    progress(&format!("waiting until nothing of {} is left", names.cluster));
    let waits = marked.into_iter().filter(|(kind, _)| kind.kind != "ResourceQuota");
    let left = patience.left();
    let ended = join_all(waits.map(|(kind, selector)| gone(site, kind, selector, left))).await;
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tenancy::vcluster::Values;

    #[test]
    fn what_could_make_pods_again_goes_before_them_and_what_has_an_owner_goes_with_it() {
        let names = PlaneNames::new("a", "ns", &Values::default());
        let of = |kind: &str, cluster: Option<&str>| {
            let labels = cluster.map(|cluster| json!({(names::VIRTUAL_CLUSTER_LABEL): cluster}));
            let object =
                json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "x", "labels": labels}});
            doom(&serde_json::from_value(object).unwrap(), &names)
        };
        assert_eq!(of("StatefulSet", Some("a")), Some(Doom::First));
        assert_eq!(of("RoleBinding", Some("a")), Some(Doom::First));
        assert_eq!(of("Pod", Some("a")), Some(Doom::Plane));
        assert_eq!(of("Pod", None), Some(Doom::Plain));
        assert_eq!(of("Secret", Some("a")), Some(Doom::Plain));
        assert_eq!(of("Secret", None), None, "a copy, which its pod or the set owns");
        assert_eq!(of("EndpointSlice", Some("a")), None, "its Service's");
    }
}
