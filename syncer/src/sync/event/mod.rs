//! Events: the host's about synced objects, and our own about what cannot be synced. Best effort: none is worth a
//! retry, and no flood of them may hold up what they are about.

mod limit;
mod told;

use parking_lot::Mutex;
use serde_json::{Value, json};

use self::{
    limit::Limit,
    told::{Say, Told},
};
use super::{Hand, SyncError, Tenant};
use crate::{
    index::{Id, Key},
    json,
    kinds::{Kind, Side},
    object::Object,
    translate::event,
    write::{PatchForm, WriteError},
};

/// What is remembered about a tenant's events.
#[derive(Debug, Default)]
pub(super) struct Events {
    limit: Mutex<Limit>,
    told: Mutex<Told>,
}

/// Copies a host event to the tenant, if it is about a synced object. All others stay on the host.
pub(super) async fn copy(tenant: &Tenant, hand: Hand) -> Result<(), SyncError> {
    let Some(object) = hand.host() else { return Ok(()) };
    let tree = object.tree();
    let uid = json::text(&tree["involvedObject"]["uid"]).unwrap_or_default();
    let found = tenant.index(|index| {
        let copy = index.copy(uid)?;
        Some((index.around(&copy.key), copy))
    });
    let Some((near, copy)) = found else { return Ok(()) };
    if !tenant.events().limit.lock().take(tenant.clock().instant()) {
        tenant.cluster(Side::Tenant).metrics().event_dropped();
        tracing::debug!("too many events at once; this one stays on the host");
        return Ok(());
    }
    let wanted = event::tenant(&tree, &copy, &near, &tenant.settings().names);
    let cluster = tenant.cluster(Side::Tenant);
    let namespace = event::namespace(&copy.key.id);
    let written = match cluster.create(Kind::Event, namespace, &wanted).await {
        // It was copied before. One that has come but once has not changed since.
        Err(WriteError::Exists) if !is_repeated(&wanted) => return Ok(()),
        Err(WriteError::Exists) => {
            let patch = json::pick(&wanted, &["count", "lastTimestamp", "series", "message"]);
            change(tenant, namespace, &wanted, Value::Object(patch)).await
        }
        other => other,
    };
    note(&copy.key, written);
    Ok(())
}

/// Tells the tenant why an object of its own is not carried out: one event for each object and reason, whose count
/// rises at most once a minute.
pub(super) async fn warn(tenant: &Tenant, kind: Kind, object: &Object, reason: &str) {
    let key = Key::new(kind, Id::new(object.namespace(), object.name()));
    let near = tenant.index(|index| index.around(&key));
    let mut wanted = event::not_synced(&key, object.uid(), reason, &near, &tenant.settings().names);
    let name = json::text(&wanted["metadata"]["name"]).unwrap_or_default().to_owned();
    let namespace = event::namespace(&key.id);
    let say = tenant.events().told.lock().again(&name, tenant.clock().instant());
    let now = tenant.clock().wall().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let written = match say {
        Say::Nothing => return,
        Say::First => {
            tenant.cluster(Side::Tenant).metrics().refused(kind);
            wanted["count"] = json!(1);
            wanted["firstTimestamp"] = json!(now);
            wanted["lastTimestamp"] = json!(now);
            match tenant.cluster(Side::Tenant).create(Kind::Event, namespace, &wanted).await {
                // From before a restart.
                Err(WriteError::Exists) => raise(tenant, namespace, &wanted, 1, &now).await,
                other => other,
            }
        }
        Say::Again { more } => raise(tenant, namespace, &wanted, more, &now).await,
    };
    note(&key, written);
}

/// Raises the count of an event that is there.
async fn raise(
    tenant: &Tenant,
    namespace: &str,
    wanted: &Value,
    more: u64,
    now: &str,
) -> Result<Object, WriteError> {
    let name = json::text(&wanted["metadata"]["name"]).unwrap_or_default();
    let present = tenant.cluster(Side::Tenant).get(Kind::Event, namespace, name).await?;
    let count = present.and_then(|event| event.tree()["count"].as_u64()).unwrap_or_default();
    let patch = json!({ "count": count + more, "lastTimestamp": now, "message": wanted["message"] });
    change(tenant, namespace, wanted, patch).await
}

async fn change(tenant: &Tenant, namespace: &str, event: &Value, patch: Value) -> Result<Object, WriteError> {
    let name = json::text(&event["metadata"]["name"]).unwrap_or_default();
    let cluster = tenant.cluster(Side::Tenant);
    cluster.patch(Kind::Event, (namespace, name), "", PatchForm::Merge, &patch).await
}

fn is_repeated(event: &Value) -> bool {
    event["count"].as_u64().is_some_and(|count| count > 1) || !event["series"].is_null()
}

fn note(key: &Key, written: Result<Object, WriteError>) {
    if let Err(error) = written {
        let (kind, namespace, name) = (key.kind.name(), &*key.id.namespace, &*key.id.name);
        tracing::debug!(kind, namespace, name, %error, "an event is lost");
    }
}
