//! The control plane of a virtual cluster as its host sees it: one pod, whose containers can be sampled and read.

use std::{collections::BTreeMap, time::Duration};

use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client, api::LogParams, runtime::watcher};

use super::{PlaneNames, objects};
use crate::{
    names,
    observe::{
        audit_log::{self, Request},
        pods::{containers, is_ready},
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
    names: PlaneNames,
    pids: BTreeMap<String, u32>,
}

impl Plane {
    /// Waits until the plane's pod is Ready, and finds its processes.
    pub(super) async fn find(
        client: Client,
        names: PlaneNames,
        limit: Duration,
    ) -> Result<Self, TenancyError> {
        let pods: Api<Pod> = Api::namespaced(client.clone(), &names.namespace);
        let pod = Wait::new(format!("the control plane of {} to be Ready", names.cluster), limit)
            .until(
                pods,
                selector(&names.cluster),
                |view| view.values().find(|pod| is_ready(pod)).cloned(),
                |view| view.values().next().map_or_else(|| "no pod of it".to_owned(), waiting_for),
            )
            .await?;
        Ok(Self { client, names, pids: pids(&pod) })
    }

    /// The user by which the syncer appears on the host.
    pub fn syncer_user(&self) -> String {
        names::service_account_user(&self.names.namespace, &self.names.account())
    }

    /// The syncer's service account.
    pub fn syncer_account(&self) -> String {
        self.names.account()
    }

    /// What a component uses now; `None` where its processes are not on this machine.
    pub fn usage(&self, component: Component) -> Option<Usage> {
        let chosen = objects::CONTAINERS.iter().filter(|name| component == Component::of(name));
        let pids: Option<Vec<u32>> = chosen.map(|name| self.pids.get(*name).copied()).collect();
        process::total(pids?)
    }

    /// The process of a component that is one process; `None` where it is not on this machine.
    pub fn pid(&self, component: Component) -> Option<u32> {
        let mut chosen = objects::CONTAINERS.iter().filter(|name| component == Component::of(name));
        self.pids.get(*chosen.next()?).copied()
    }

    /// Finds its processes again, when it is Ready, after one of them has ended.
    ///
    /// # Errors
    /// [`TenancyError::Wait`] where it does not become Ready within `limit`.
    pub async fn refresh(&mut self, limit: Duration) -> Result<(), TenancyError> {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &self.names.namespace);
        let old = &self.pids;
        self.pids =
            Wait::new(format!("the control plane of {} to be Ready again", self.names.cluster), limit)
                .until(
                    pods,
                    selector(&self.names.cluster),
                    |view| view.values().find(|pod| is_ready(pod) && pids(pod) != *old).map(pids),
                    |view| view.values().next().map_or_else(|| "no pod of it".to_owned(), waiting_for),
                )
                .await?;
        Ok(())
    }

    /// The process of each container, as far as it is on this machine.
    pub fn processes(&self) -> impl Iterator<Item = (&'static str, u32)> {
        objects::CONTAINERS.iter().filter_map(|name| Some((*name, *self.pids.get(*name)?)))
    }

    /// The writes that the virtual API server has logged so far, read as container logs with the tenant's own rights.
    ///
    /// # Errors
    /// [`TenancyError::Call`] where the log cannot be read.
    pub async fn audit(&self) -> Result<Vec<Request>, TenancyError> {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &self.names.namespace);
        let pod = self.names.pod();
        let params = LogParams { container: Some("kube-apiserver".into()), ..LogParams::default() };
        let log = pods.logs(&pod, &params).await.map_err(TenancyError::call("read the log of", &pod))?;
        Ok(audit_log::requests(&log))
    }
}

impl Component {
    fn of(container: &str) -> Self {
        if container == "syncer" { Self::Syncer } else { Self::ControlPlane }
    }
}

/// The plane's pod of one virtual cluster.
pub(super) fn selector(cluster: &str) -> watcher::Config {
    let label = names::VIRTUAL_CLUSTER_LABEL;
    watcher::Config::default().labels(&format!("app={},{label}={cluster}", objects::PLANE_APP))
}

/// What keeps a pod from being Ready, by its own account.
pub(super) fn waiting_for(pod: &Pod) -> String {
    let words = containers(pod).filter_map(|container| {
        let waiting = container.state.as_ref()?.waiting.as_ref()?;
        let reason = waiting.reason.as_deref().filter(|reason| *reason != "PodInitializing")?;
        let message = waiting.message.as_deref().map(|message| format!(" ({message})")).unwrap_or_default();
        Some(format!("{}: {reason}{message}", container.name))
    });
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let unscheduled = conditions
        .filter(|condition| condition.type_ == "PodScheduled" && condition.status == "False")
        .filter_map(|condition| condition.message.clone());
    let all: Vec<_> = unscheduled.chain(words).collect();
    if all.is_empty() { "its pod runs and is not Ready".to_owned() } else { all.join("; ") }
}

/// Process ids by container: a simulated node names a container's process as its id, `process://PID`.
fn pids(pod: &Pod) -> BTreeMap<String, u32> {
    containers(pod)
        .filter_map(|status| {
            let id = status.container_id.as_ref()?.strip_prefix("process://")?;
            Some((status.name.clone(), id.parse().ok()?))
        })
        .collect()
}
