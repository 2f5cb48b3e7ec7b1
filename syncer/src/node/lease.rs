//! The lease by which a Node lives.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    kinds::{Kind, Side},
    sync::{SyncError, Tenant},
    write::{PatchForm, WriteError},
};

const LEASES: &str = "kube-node-lease";

/// Renews a Node's lease, or makes it.
pub(super) async fn renew(tenant: &Tenant, name: &str) -> Result<(), SyncError> {
    let cluster = tenant.cluster(Side::Tenant);
    let lease = lease(name, tenant.clock().wall());
    let patch = json!({ "spec": lease["spec"] });
    let renewed = match cluster.patch(Kind::Lease, (LEASES, name), "", PatchForm::Merge, &patch).await {
        Err(WriteError::Gone) => cluster.create(Kind::Lease, LEASES, &lease).await,
        other => other,
    };
    renewed.map(|_| ()).map_err(|error| SyncError::Write { doing: "renewing the Node's lease", error })
}

/// Removes it.
pub(super) async fn remove(tenant: &Tenant, name: &str) -> Result<(), SyncError> {
    let doing = |error| SyncError::Write { doing: "removing the Node's lease", error };
    let cluster = tenant.cluster(Side::Tenant);
    match cluster.get(Kind::Lease, LEASES, name).await.map_err(doing)? {
        Some(found) => cluster.delete(Kind::Lease, (LEASES, name), found.uid(), None).await.map_err(doing),
        None => Ok(()),
    }
}

fn lease(name: &str, now: Timestamp) -> Value {
    json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": { "name": name, "namespace": LEASES },
        "spec": {
            "holderIdentity": name, "leaseDurationSeconds": 40,
            "renewTime": now.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
        },
    })
}
