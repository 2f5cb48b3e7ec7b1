//! Waiting until the API serves and the cluster is what a user expects. All waits but the first end on watch events.

use std::{fmt::Debug, path::Path, pin::pin, time::Duration};

use futures::TryStreamExt;
use http::Request;
use k8s_openapi::api::{
    apps::v1::{DaemonSet, Deployment},
    coordination::v1::Lease,
    core::v1::{Node, Pod, ServiceAccount},
};
use kube::{
    Api, Client, ResourceExt,
    config::Kubeconfig,
    runtime::watcher::{self, Event, watcher},
};
use serde::de::DeserializeOwned;
use tenantbench_syncer::client::{self, ClientError, Purpose};
use tokio::time::{self, Instant};

use crate::host::HostError;

/// A client for a kubeconfig of ours.
pub(in crate::host) async fn client(kubeconfig: &Kubeconfig, path: &Path) -> Result<Client, HostError> {
    let unusable =
        |error: ClientError| HostError::Kubeconfig { path: path.to_owned(), reason: error.to_string() };
    let config = client::from_kubeconfig(kubeconfig.clone()).await.map_err(unusable)?;
    client::client(config, Purpose::Requests).map_err(unusable)
}

/// Asks until the API server says that it is ready: before that there is nothing to watch.
pub(in crate::host) async fn api(client: &Client) {
    const PAUSE: Duration = Duration::from_millis(25);
    loop {
        if let Ok(request) = Request::get("/readyz").body(Vec::new())
            && client.request_text(request).await.is_ok()
        {
            return;
        }
        time::sleep(PAUSE).await;
    }
}

/// Waits for the service account without which no pod can be made in the namespace `default`.
pub(in crate::host) async fn default_service_account(client: &Client) -> Result<(), HostError> {
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), "default");
    let mut events = pin!(watcher(accounts, watcher::Config::default().fields("metadata.name=default")));
    loop {
        match next(&mut events, "watch service accounts").await? {
            Event::Apply(_) | Event::InitApply(_) => return Ok(()),
            Event::Init | Event::InitDone | Event::Delete(_) => {}
        }
    }
}

/// Waits until `count` nodes are Ready.
pub(in crate::host) async fn nodes(client: &Client, count: u32) -> Result<(), HostError> {
    some_of(Api::all(client.clone()), count, "watch nodes", is_ready).await
}

/// Waits until the kubelets of `count` nodes have their leases, which some make seconds after they are Ready: an object
/// that comes later is somebody's leftover.
pub(in crate::host) async fn leases(client: &Client, count: u32) -> Result<(), HostError> {
    let leases: Api<Lease> = Api::namespaced(client.clone(), "kube-node-lease");
    some_of(leases, count, "watch the leases of nodes", |_| true).await
}

/// Waits until the control plane's own pods are to be seen, which its kubelet tells of only when its node is registered, and one
/// after another: as with leases, one that comes later is somebody's leftover.
pub(in crate::host) async fn control_plane(client: &Client) -> Result<(), HostError> {
    /// What kubeadm starts by files: etcd, kube-apiserver, kube-controller-manager and kube-scheduler.
    const PODS: u32 = 4;
    let pods: Api<Pod> = Api::namespaced(client.clone(), "kube-system");
    let is_of_it = |pod: &Pod| pod.labels().get("tier").is_some_and(|tier| tier == "control-plane");
    some_of(pods, PODS, "watch the control plane's pods", is_of_it).await
}

/// Waits until `count` objects of a kind have passed `done`.
async fn some_of<K>(
    api: Api<K>,
    count: u32,
    context: &str,
    done: impl Fn(&K) -> bool,
) -> Result<(), HostError>
where
    K: kube::Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + 'static,
{
    let mut events = pin!(watcher(api, watcher::Config::default()));
    let mut found = std::collections::BTreeSet::new();
    while found.len() < count as usize {
        if let Event::Apply(object) | Event::InitApply(object) = next(&mut events, context).await?
            && done(&object)
        {
            found.extend(object.meta().name.clone());
        }
    }
    Ok(())
}

/// Waits until every Deployment and DaemonSet that the cluster came with has all its pods: DNS first of all.
pub(in crate::host) async fn workloads(client: &Client) -> Result<(), HostError> {
    let deployments = all_of::<Deployment>(client, "watch deployments", |deployment| {
        let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
        deployment.status.as_ref().and_then(|status| status.available_replicas).unwrap_or(0) >= wanted
    });
    let daemons = all_of::<DaemonSet>(client, "watch daemon sets", |daemon| {
        daemon.status.as_ref().is_some_and(|status| {
            status.desired_number_scheduled > 0 && status.number_ready >= status.desired_number_scheduled
        })
    });
    tokio::try_join!(deployments, daemons).map(drop)
}

/// Waits until all objects of a kind pass `done`.
async fn all_of<K>(client: &Client, context: &str, done: impl Fn(&K) -> bool) -> Result<(), HostError>
where
    K: kube::Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + 'static,
{
    let mut events = pin!(watcher(Api::<K>::all(client.clone()), watcher::Config::default()));
    let mut waiting = std::collections::BTreeSet::new();
    let mut listed = false;
    while !listed || !waiting.is_empty() {
        match next(&mut events, context).await? {
            Event::Init => (listed, waiting) = (false, Default::default()),
            Event::InitDone => listed = true,
            Event::Apply(object) | Event::InitApply(object) if !done(&object) => {
                waiting.insert((object.meta().namespace.clone(), object.meta().name.clone()));
            }
            Event::Apply(object) | Event::InitApply(object) | Event::Delete(object) => {
                waiting.remove(&(object.meta().namespace.clone(), object.meta().name.clone()));
            }
        }
    }
    Ok(())
}

/// Does `work` before `deadline`, or says what was waited for.
pub(in crate::host) async fn within<T>(
    deadline: Instant,
    limit: Duration,
    waiting_for: &str,
    work: impl Future<Output = Result<T, HostError>>,
) -> Result<T, HostError> {
    let late = |_| HostError::NotReady { waiting_for: waiting_for.into(), seconds: limit.as_secs_f64() };
    time::timeout_at(deadline, work).await.map_err(late)?
}

fn is_ready(node: &Node) -> bool {
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions.is_some_and(|all| {
        all.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
    })
}

/// The next event. Errors of a watch are not final, since the stream opens it again; its end would be.
async fn next<K>(
    events: &mut (impl futures::Stream<Item = Result<Event<K>, watcher::Error>> + Unpin),
    context: &str,
) -> Result<Event<K>, HostError> {
    loop {
        match events.try_next().await {
            Ok(Some(event)) => return Ok(event),
            Ok(None) => {
                return Err(HostError::failed(format!("{context}: it ended")));
            }
            Err(error) => {
                tracing::debug!(%error, "{context}");
                // The stream has no back-off of its own.
                time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
