//! Pods that are new when a syncer starts. Whether to make them on the host takes no more than what they name, so they need
//! not wait for the lists of all pods, which take seconds where there are ten thousand.

use std::time::Duration;

use kube::{Api, api::ListParams};

use super::{Doing, Hand, SyncError, Tenant, pod};
use crate::{
    index::{Id, Key},
    json,
    kinds::{Kind, Side},
    object::{Field, Object},
    write::WriteError,
};

/// No more are asked for: with more than that the lists of all pods do not come much later.
const MOST: u32 = 500;

/// The list of all pods waits for this one, and no longer than so. Where it takes long, that of all takes longer.
const WITHIN: Duration = Duration::from_secs(5);

/// Takes in the tenant's pods that are on no node and of which nothing has been told yet; returns their keys. To be called
/// before the tenant's pods are listed: what is gone by then vanishes as what a list no longer shows.
///
/// # Errors
/// Whatever keeps the tenant's API server from telling.
pub(crate) async fn find(tenant: &Tenant) -> Result<Vec<Key>, SyncError> {
    let asked = tenant.asking();
    let params = ListParams::default().fields("spec.nodeName=").limit(MOST);
    let client = tenant.cluster(Side::Tenant).client().clone();
    let pods: Api<Object> = Api::all_with(client, &Kind::Pod.resource());
    let listed = tokio::time::timeout(WITHIN, pods.list(&params)).await;
    let listed = listed.unwrap_or_else(|_| Err(kube::Error::Service("no answer in time".into())));
    let listed =
        listed.map_err(|error| WriteError::Unreachable(Box::new(error))).doing("looking for new pods")?;
    let new = listed.items.into_iter().filter(is_new);
    let take_in = |pod: Object| {
        let key = Key::new(Kind::Pod, Id::new(pod.namespace(), pod.name()));
        tenant.learn(Side::Tenant, Kind::Pod, pod, asked);
        key
    };
    Ok(new.map(take_in).collect())
}

/// Makes a pod on the host while it is not known yet what pods are there. If it may not be made now, or is there, whoever
/// knows the rest looks at it again.
///
/// # Errors
/// What keeps it from being made.
pub(super) async fn make(tenant: &Tenant, key: &Key, hand: Hand) -> Result<(), SyncError> {
    match key.kind {
        Kind::Pod => pod::Sync::new(tenant, key, hand).begin().await,
        _ => Ok(()),
    }
}

/// Whether nothing has become of a pod yet, as far as the tenant knows: one that waits on the host says why it does.
fn is_new(pod: &Object) -> bool {
    let status = pod.part(&[Field::Whole("status")]);
    pod.deleting().is_none() && json::list(&status["status"]["conditions"]).next().is_none()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_pod_is_new_while_nothing_has_been_told_of_it_and_nobody_removes_it() {
        let pod = |status: Value, deleting: Value| -> Object {
            json!({
                "metadata": {"name": "p", "namespace": "ns", "deletionTimestamp": deleting},
                "spec": {}, "status": status,
            })
            .into()
        };
        let waits = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False"}]});
        assert!(is_new(&pod(json!({"phase": "Pending"}), Value::Null)));
        assert!(!is_new(&pod(waits, Value::Null)));
        assert!(!is_new(&pod(json!({"phase": "Pending"}), json!("2026-01-01T00:00:00Z"))));
    }
}
