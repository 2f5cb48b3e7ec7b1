//! The tenant's Nodes: one for each host node that runs a pod of it, made of nothing but the host node's name, since a
//! Role cannot read more. Each is the syncer's kubelet endpoint.

mod object;

use std::{collections::HashSet, time::Duration};

use serde_json::json;
use tokio::sync::Mutex;

use crate::{
    kinds::{Kind, Side},
    names::marks,
    sync::{Settings, SyncError, Tenant},
    write::{PatchForm, WriteError},
};

/// How often leases are renewed and unused Nodes removed. A Node is taken for dead after 40 s without.
pub const RENEW_EVERY: Duration = Duration::from_secs(10);

const LEASES: &str = "kube-node-lease";

/// The Nodes that are there. The lock is held across calls, so that no Node is removed while a pod is bound to it.
#[derive(Debug)]
pub struct Nodes {
    present: Mutex<HashSet<String>>,
    settings: object::Facts,
}

impl Nodes {
    /// None yet.
    pub fn new(settings: &Settings) -> Self {
        let settings = object::Facts {
            address: settings.node_address.clone(),
            port: settings.kubelet_port,
            version: settings.version.clone(),
        };
        Self { present: Mutex::default(), settings }
    }

    /// Sees to it that the Node is there, with a lease.
    ///
    /// # Errors
    /// Whatever the tenant's API server refuses.
    pub async fn ensure(&self, tenant: &Tenant, name: &str) -> Result<(), SyncError> {
        let mut present = self.present.lock().await;
        if present.contains(name) {
            return Ok(());
        }
        let cluster = tenant.cluster(Side::Tenant);
        let node = object::node(name, &self.settings, tenant.clock().wall());
        match cluster.create(Kind::Node, "", &node).await {
            Ok(_) => {}
            // From before a restart: the plane may have another address by now.
            Err(WriteError::Exists) => {
                let patch = json!({ "status": node["status"] });
                cluster
                    .patch(Kind::Node, ("", name), "status", PatchForm::Strategic, &patch)
                    .await
                    .map_err(|error| SyncError::Write { doing: "refreshing the Node", error })?;
            }
            Err(error) => return Err(SyncError::Write { doing: "making the Node", error }),
        }
        renew(tenant, name).await?;
        present.insert(name.to_owned());
        Ok(())
    }

    /// Whether a Node is there, as far as is known.
    pub async fn has(&self, name: &str) -> bool {
        self.present.lock().await.contains(name)
    }

    /// Renews every lease, and removes the Nodes that no pod is on any more.
    pub async fn tend(&self, tenant: &Tenant) {
        let mut present = self.present.lock().await;
        let used: HashSet<String> =
            tenant.index(|index| index.nodes().into_iter().map(str::to_owned).collect());
        for name in present.clone() {
            let tended = if used.contains(&name) {
                renew(tenant, &name).await
            } else {
                present.remove(&name);
                remove(tenant, &name).await
            };
            if let Err(error) = tended {
                tracing::warn!(node = name, %error, "the Node is not tended");
            }
        }
    }

    /// Takes over the Nodes of an earlier run. To be called when both sides have been listed.
    ///
    /// # Errors
    /// Whatever the tenant's API server refuses.
    pub async fn adopt(&self, tenant: &Tenant) -> Result<(), SyncError> {
        let api: kube::Api<crate::object::Object> =
            kube::Api::all_with(tenant.cluster(Side::Tenant).client().clone(), &Kind::Node.resource());
        let params = kube::api::ListParams::default().labels(marks::SYNTHESISED);
        let listed = api.list(&params).await.map_err(|error| SyncError::Write {
            doing: "listing the Nodes",
            error: WriteError::Unreachable(Box::new(error)),
        })?;
        let used: HashSet<String> =
            tenant.index(|index| index.nodes().into_iter().map(str::to_owned).collect());
        for node in listed.items {
            if used.contains(node.name()) {
                self.ensure(tenant, node.name()).await?;
            } else {
                remove(tenant, node.name()).await?;
            }
        }
        Ok(())
    }
}

async fn renew(tenant: &Tenant, name: &str) -> Result<(), SyncError> {
    let cluster = tenant.cluster(Side::Tenant);
    let lease = object::lease(name, tenant.clock().wall());
    let patch = json!({ "spec": lease["spec"] });
    let renewed = match cluster.patch(Kind::Lease, (LEASES, name), "", PatchForm::Merge, &patch).await {
        Err(WriteError::Gone) => cluster.create(Kind::Lease, LEASES, &lease).await,
        other => other,
    };
    renewed.map(|_| ()).map_err(|error| SyncError::Write { doing: "renewing the Node's lease", error })
}

async fn remove(tenant: &Tenant, name: &str) -> Result<(), SyncError> {
    let doing = |error| SyncError::Write { doing: "removing the Node", error };
    let cluster = tenant.cluster(Side::Tenant);
    for (kind, namespace) in [(Kind::Node, ""), (Kind::Lease, LEASES)] {
        if let Some(found) = cluster.get(kind, namespace, name).await.map_err(doing)? {
            cluster.delete(kind, (namespace, name), found.uid(), None).await.map_err(doing)?;
        }
    }
    Ok(())
}
