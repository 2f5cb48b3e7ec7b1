//! Copies whose labels someone has changed: they get them back. A copy without them runs on where nobody sees it.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};

use super::{Doing, SyncError, Tenant, until_done};
use crate::{
    index::{Asked, Id, Key},
    kinds::{Kind, Side},
    names::marks,
    object::Object,
    write::{PatchForm, WriteError},
};

/// Asks the host whether a copy that the watch has lost is gone, and puts its labels back if it is not.
pub(super) async fn ask(tenant: &Tenant, key: &Key) -> Result<(), SyncError> {
    let Some(uid) = tenant.take_doubt(key) else { return Ok(()) };
    let asked = ask_for(tenant, key, &uid).await;
    if asked.is_err() {
        tenant.doubt_again(key);
    }
    asked
}

async fn ask_for(tenant: &Tenant, key: &Key, uid: &str) -> Result<(), SyncError> {
    let asked = tenant.asking();
    match tenant.read(Side::Host, key).await?.filter(|found| found.uid() == uid) {
        Some(found) => put_back(tenant, key, found, asked).await,
        None => {
            tenant.lost(key, uid);
            Ok(())
        }
    }
}

/// Whether an object that has none of our labels is a copy of ours: it says so, and has the name that a copy has.
pub(super) fn is_stray(tenant: &Tenant, id: &Id, object: &Object) -> bool {
    object.annotation(marks::UID).is_some()
        && object.annotation(marks::NAME) == Some(&*id.name)
        && object.name() == tenant.host_name(id)
}

/// Gives a copy its labels back, if they are gone, and takes it in.
pub(super) async fn put_back(
    tenant: &Tenant,
    key: &Key,
    found: Object,
    asked: Asked,
) -> Result<(), SyncError> {
    let names = &tenant.settings().names;
    if marks::origin(names, &found).is_some() {
        tenant.learn(Side::Host, key.kind, found, asked);
        return Ok(());
    }
    tracing::warn!(
        kind = key.kind.name(),
        name = found.name(),
        "the labels of a copy were changed; it gets them back"
    );
    let (host, uid) = (tenant.cluster(Side::Host), found.uid().to_owned());
    let labels = marks::labels(names, &key.id.namespace);
    let written = if key.kind == Kind::Pod {
        let mut patch = json!({ "metadata": { "uid": found.uid(), "labels": labels } });
        // No copy has one, and the watch leaves out what has.
        patch["metadata"]["labels"][marks::ROLE] = Value::Null;
        let place = (found.namespace(), found.name());
        host.patch(key.kind, place, "", PatchForm::Strategic, &patch).await
    } else {
        // The Role has no patch for these.
        let mut object = found.tree();
        if let Some(all) = crate::json::object_mut(&mut object["metadata"], "labels") {
            all.remove(marks::ROLE);
            all.extend(labels);
        }
        host.replace(key.kind, found.namespace(), found.name(), &object).await
    };
    match written {
        Ok(object) => {
            tenant.learn(Side::Host, key.kind, object, asked);
            Ok(())
        }
        Err(WriteError::Gone) => {
            tenant.lost(key, &uid);
            Ok(())
        }
        Err(error) => Err(SyncError::Write { doing: "putting the copy's labels back", error }),
    }
}

/// Puts the labels back on copies that lost them while nobody watched, however often the host refuses. To be called
/// when both sides have been listed.
pub async fn sweep(tenant: &Tenant, kinds: &[Kind]) {
    // Each by itself: what has been found of one kind is not looked for again because of another.
    let swept = kinds.iter().map(|kind| {
        until_done(tenant.clock(), "copies without labels are not found yet", || sweep_kind(tenant, *kind))
    });
    futures::future::join_all(swept).await;
}

async fn sweep_kind(tenant: &Tenant, kind: Kind) -> Result<(), SyncError> {
    let namespace = tenant.settings().names.host_namespace();
    let host = tenant.cluster(Side::Host);
    let listed = host.list_metadata(kind, namespace, &format!("!{}", marks::VCLUSTER)).await;
    for id in listed.doing("listing what has no label of ours")?.iter().filter_map(claimed) {
        let key = Key::new(kind, id);
        let name = tenant.host_name(&key.id);
        let asked = tenant.asking();
        let found = host.get(kind, namespace, &name).await.doing("looking for the host's copy")?;
        if let Some(found) = found.filter(|found| is_stray(tenant, &key.id, found)) {
            put_back(tenant, &key, found, asked).await?;
        }
    }
    Ok(())
}

/// What an object without our label says that it was made from.
pub(super) fn claimed(metadata: &ObjectMeta) -> Option<Id> {
    let name = metadata.annotations.as_ref()?.get(marks::NAME)?;
    Some(Id::new(metadata.labels.as_ref()?.get(marks::NAMESPACE)?, name))
}
