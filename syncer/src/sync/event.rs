//! Events: the host's about synced pods, and our own about what cannot be synced. Best effort: none is worth a retry.

use serde_json::{Value, json};

use super::{Hand, SyncError, Tenant};
use crate::{
    index::Id,
    json,
    kinds::{Kind, Side},
    object::Object,
    translate,
    write::{PatchForm, WriteError},
};

/// Copies a host event to the tenant, if it is about a synced pod.
pub(super) async fn copy(tenant: &Tenant, hand: Hand) -> Result<(), SyncError> {
    let Some(object) = hand.host() else { return Ok(()) };
    let tree = object.tree();
    let uid = json::text(&tree["involvedObject"]["uid"]).unwrap_or_default();
    let Some((id, tenant_uid)) = tenant.index(|index| {
        let id = index.pod_of_host(uid)?;
        Some((id.clone(), index.pods.get(id)?.host.as_ref()?.detail.copied.tenant_uid.clone()))
    }) else {
        return Ok(());
    };
    let event = translate::event::tenant(&tree, &id, &tenant_uid, &tenant.settings().names);
    write(tenant, &id, &event).await;
    Ok(())
}

/// Tells the tenant why its pod is not carried out. One event, however often it is tried.
pub(super) async fn warn(tenant: &Tenant, pod: &Object, reason: &str) {
    let names = &tenant.settings().names;
    let id = Id::new(pod.namespace(), pod.name());
    let now = tenant.clock().wall().to_string();
    let message = reason
        .replace(&names.host(&id.namespace, &id.name), &id.name)
        .replace(names.host_namespace(), &id.namespace);
    let event = json!({
        "apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": "NotSynced", "message": message, "count": 1,
        "firstTimestamp": second(&now), "lastTimestamp": second(&now),
        "source": { "component": "tenantbench-syncer" },
        "metadata": { "name": names.event(&id.name, &format!("refused/{}", pod.uid())), "namespace": &*id.namespace },
        "involvedObject": {
            "apiVersion": "v1", "kind": "Pod", "namespace": &*id.namespace, "name": &*id.name, "uid": pod.uid(),
        },
    });
    write(tenant, &id, &event).await;
}

/// Events carry whole seconds.
fn second(timestamp: &str) -> String {
    timestamp.split_once('.').map_or_else(|| timestamp.to_owned(), |(whole, _)| format!("{whole}Z"))
}

async fn write(tenant: &Tenant, id: &Id, event: &Value) {
    let cluster = tenant.cluster(Side::Tenant);
    let written = match cluster.create(Kind::Event, &id.namespace, event).await {
        Err(WriteError::Exists) => {
            let name = json::text(&event["metadata"]["name"]).unwrap_or_default();
            let patch = Value::Object(json::pick(event, &["count", "lastTimestamp", "series", "message"]));
            cluster.patch(Kind::Event, (&id.namespace, name), "", PatchForm::Merge, &patch).await
        }
        other => other,
    };
    if let Err(error) = written {
        tracing::debug!(namespace = &*id.namespace, pod = &*id.name, %error, "an event is lost");
    }
}
