//! The tenant's PersistentVolumes, each of which stands for the host's volume that one of its claims is bound to.

use serde_json::{Value, json};

use super::{Doing, SyncError, Tenant};
use crate::{
    index::Key,
    kinds::{Kind, Side},
    names::marks,
    translate::claim,
    write::{PatchForm, WriteError},
};

/// Sees to it that the volume of a claim is there, if the host has bound it, and is of its size.
pub(super) async fn ensure(tenant: &Tenant, claim: &Value, host: &Value) -> Result<(), SyncError> {
    let Some(name) = claim::bound_volume(host) else { return Ok(()) };
    let wanted = claim::volume(claim, host);
    let (cluster, asked) = (tenant.cluster(Side::Tenant), tenant.asking());
    match cluster.create(Kind::PersistentVolume, "", &wanted).await {
        Ok(made) => tenant.learn(Side::Tenant, Kind::PersistentVolume, made, asked),
        Err(WriteError::Exists) => return grow(tenant, name, &wanted).await,
        Err(error) => return Err(SyncError::Write { doing: "making the claim's volume", error }),
    }
    // As the tenant's own binder would; most planes have none.
    let bound = json!({ "status": { "phase": "Bound" } });
    let place = ("", name);
    let written = cluster.patch(Kind::PersistentVolume, place, "status", PatchForm::Merge, &bound).await;
    written.doing("binding the claim's volume").map(|_| ())
}

/// One that is there: of this claim, of an earlier one of that name, or somebody else's.
async fn grow(tenant: &Tenant, name: &str, wanted: &Value) -> Result<(), SyncError> {
    let cluster = tenant.cluster(Side::Tenant);
    let place = ("", name);
    let found = cluster.get(Kind::PersistentVolume, "", name).await.doing("reading the claim's volume")?;
    let Some(found) = found else { return Ok(()) };
    if found.label(marks::SYNTHESISED).is_none() {
        return Err(SyncError::Foreign(format!("the tenant's volume {name}")));
    }
    let present = found.tree();
    if present["spec"]["claimRef"]["uid"] != wanted["spec"]["claimRef"]["uid"] {
        return remove(tenant, name, found.uid()).await;
    }
    let mut patch = json!({ "metadata": { "uid": found.uid() } });
    if present["spec"]["capacity"] != wanted["spec"]["capacity"] {
        patch["spec"] = json!({ "capacity": wanted["spec"]["capacity"] });
        let written = cluster.patch(Kind::PersistentVolume, place, "", PatchForm::Merge, &patch).await;
        written.doing("changing the size of the claim's volume")?;
    }
    if present["status"]["phase"] != "Bound" {
        let bound = json!({ "status": { "phase": "Bound" } });
        let written = cluster.patch(Kind::PersistentVolume, place, "status", PatchForm::Merge, &bound).await;
        written.doing("binding the claim's volume")?;
    }
    Ok(())
}

/// Removes a volume whose claim is gone.
pub(super) async fn tend(tenant: &Tenant, key: &Key) -> Result<(), SyncError> {
    let unclaimed = tenant.index(|index| {
        let volume = index.volumes.get(&key.id)?.tenant.as_ref()?;
        (!index.is_claimed(&volume.detail)).then(|| volume.uid.clone())
    });
    match unclaimed {
        Some(uid) => remove(tenant, &key.id.name, &uid).await,
        None => Ok(()),
    }
}

async fn remove(tenant: &Tenant, name: &str, uid: &str) -> Result<(), SyncError> {
    let cluster = tenant.cluster(Side::Tenant);
    // The API server protects every volume; who would lift that may not run in this plane.
    let free = json!({ "metadata": { "uid": uid, "finalizers": null } });
    match cluster.patch(Kind::PersistentVolume, ("", name), "", PatchForm::Merge, &free).await {
        Ok(_) => {}
        Err(WriteError::Gone | WriteError::Conflict(_)) => return Ok(()),
        Err(error) => return Err(SyncError::Write { doing: "freeing the claim's volume", error }),
    }
    cluster.delete(Kind::PersistentVolume, ("", name), uid, None).await.doing("deleting the claim's volume")
}
