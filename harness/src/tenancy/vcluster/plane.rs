//! The control plane of a virtual cluster as its host sees it: one pod, whose containers can be sampled and read.

use std::{collections::BTreeMap, time::Duration};

use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client, ResourceExt, api::LogParams, runtime::watcher};

use super::{is_plane, manifests};
use crate::{
    names,
    observe::{
        audit_log::{self, Request},
        process::{self, Usage},
        until::Wait,
    },
    tenancy::TenancyError,
};

/// What the plane's processes are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    /// etcd, API server and controller manager.
    ControlPlane,
    /// Our syncer.
    Syncer,
}

/// The plane's pod in its host namespace.
#[derive(Clone)]
pub struct Plane {
    client: Client,
    namespace: String,
    pod: String,
    pids: BTreeMap<String, u32>,
}

impl Plane {
    /// Waits until the plane's pod is Ready, and finds its processes.
    pub(super) async fn find(client: Client, namespace: &str, limit: Duration) -> Result<Self, TenancyError> {
        let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
        let ours = watcher::Config::default().labels(&format!("app={}", manifests::PLANE_APP));
        let ready = |pod: &Pod| is_plane(pod) && crate::observe::pods::is_ready(pod);
        let pod = Wait::new(format!("the control plane of {namespace}"), limit)
            .until(pods, ours, |view| view.values().find(|pod| ready(pod)).cloned(), |_| "not Ready".into())
            .await?;
        Ok(Self { client, namespace: namespace.to_owned(), pod: pod.name_any(), pids: pids(&pod) })
    }

    /// The user by which the syncer appears on the host.
    pub fn syncer_user(&self) -> String {
        names::service_account_user(&self.namespace, manifests::SYNCER_ACCOUNT)
    }

    /// The syncer's service account.
    pub fn syncer_account(&self) -> &'static str {
        manifests::SYNCER_ACCOUNT
    }

    /// What a component uses now; `None` where its processes are not on this machine.
    pub fn usage(&self, component: Component) -> Option<Usage> {
        let chosen = manifests::CONTAINERS.iter().filter(|name| component == Component::of(name));
        let pids: Option<Vec<u32>> = chosen.map(|name| self.pids.get(*name).copied()).collect();
        process::total(pids?)
    }

    /// The writes that the virtual API server has logged so far, read as container logs with the tenant's own rights.
    ///
    /// # Errors
    /// [`TenancyError::Call`] where the log cannot be read.
    pub async fn audit(&self) -> Result<Vec<Request>, TenancyError> {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        let params = LogParams { container: Some("kube-apiserver".into()), ..LogParams::default() };
        let log =
            pods.logs(&self.pod, &params).await.map_err(TenancyError::call("read the log of", &self.pod))?;
        Ok(audit_log::requests(&log))
    }
}

impl Component {
    fn of(container: &str) -> Self {
        if container == "syncer" { Self::Syncer } else { Self::ControlPlane }
    }
}

/// Process ids by container: a simulated node names a container's process as its id, `process://PID`.
fn pids(pod: &Pod) -> BTreeMap<String, u32> {
    let statuses = pod.status.as_ref().and_then(|status| status.container_statuses.as_ref());
    statuses
        .into_iter()
        .flatten()
        .filter_map(|status| {
            let id = status.container_id.as_ref()?.strip_prefix("process://")?;
            Some((status.name.clone(), id.parse().ok()?))
        })
        .collect()
}
