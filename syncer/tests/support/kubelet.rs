//! Scheduler and kubelet of the host in one, without any delay: the hardest case for whoever follows them.

use std::time::Duration;

use futures::StreamExt;
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions},
    runtime::{WatchStreamExt, watcher},
};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// Runs every pod of the namespace until it is dropped: on the node that its label `node` names, or on `node-1`.
pub(crate) struct HostKubelet(JoinHandle<()>);

impl Drop for HostKubelet {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl HostKubelet {
    /// Acts on so many pods at once.
    pub(super) fn start(pods: Api<Pod>, at_once: usize) -> Self {
        let task = tokio::spawn(async move {
            let events =
                watcher(pods.clone(), watcher::Config::default()).applied_objects().default_backoff();
            let acts = events.filter_map(|event| async { event.ok() });
            let pods = &pods;
            acts.for_each_concurrent(at_once, |pod| async move { Step::Any.persist(pods, &pod).await }).await;
        });
        Self(task)
    }
}

/// What is done about a pod.
#[derive(Clone, Copy)]
pub(super) enum Step {
    /// Whatever is next.
    Any,
    Bind,
    Run,
    End,
}

impl Step {
    /// Acts until the API server has taken it or has something against it.
    pub(super) async fn persist(self, pods: &Api<Pod>, pod: &Pod) {
        loop {
            match tokio::time::timeout(Duration::from_secs(5), self.act(pods, pod)).await {
                Ok(Ok(())) => return,
                Ok(Err(kube::Error::Api(status)))
                    if (400..500).contains(&status.code) && status.code != 429 =>
                {
                    return;
                }
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    async fn act(self, pods: &Api<Pod>, pod: &Pod) -> kube::Result<()> {
        match self {
            Self::Any if pod.metadata.deletion_timestamp.is_some() => end(pods, pod).await,
            Self::Any => {
                if !is_bound(pod) {
                    bind(pods, pod).await?;
                }
                if !is_running(pod) {
                    run(pods, pod).await?;
                }
                Ok(())
            }
            Self::Bind => bind(pods, pod).await,
            Self::Run => run(pods, pod).await,
            Self::End => end(pods, pod).await,
        }
    }
}

pub(super) fn is_bound(pod: &Pod) -> bool {
    pod.spec.as_ref().is_some_and(|spec| spec.node_name.is_some())
}

pub(super) fn is_running(pod: &Pod) -> bool {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Running")
}

fn name(pod: &Pod) -> &str {
    pod.metadata.name.as_deref().expect("a name")
}

async fn end(pods: &Api<Pod>, pod: &Pod) -> kube::Result<()> {
    let this_one = Preconditions { uid: pod.metadata.uid.clone(), resource_version: None };
    pods.delete(name(pod), &DeleteParams::default().grace_period(0).preconditions(this_one)).await?;
    Ok(())
}

async fn bind(pods: &Api<Pod>, pod: &Pod) -> kube::Result<()> {
    let node = pod.metadata.labels.as_ref().and_then(|labels| labels.get("node"));
    let node = node.map_or("node-1", String::as_str);
    let binding = json!({
        "apiVersion": "v1", "kind": "Binding", "metadata": {"name": name(pod), "uid": pod.metadata.uid},
        "target": {"apiVersion": "v1", "kind": "Node", "name": node},
    });
    let params = PostParams::default();
    match pods.create_subresource::<Value, Value>("binding", name(pod), &params, &binding).await {
        // By an earlier try, whose answer was lost.
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(()),
        other => other.map(drop),
    }
}

async fn run(pods: &Api<Pod>, pod: &Pod) -> kube::Result<()> {
    let containers = &pod.spec.as_ref().expect("a spec").containers;
    let statuses: Vec<_> = containers.iter().map(|container| {
        json!({
            "name": container.name, "image": container.image, "imageID": "", "restartCount": 0, "ready": true,
            "started": true, "containerID": "process://1", "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
            // Where they are missing, an API server takes the node for one that cannot resize.
            "resources": container.resources.clone().unwrap_or_default(),
        })
    }).collect();
    let conditions = ["Initialized", "ContainersReady", "Ready", "PodScheduled"]
        .map(|kind| json!({"type": kind, "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}));
    let status = json!({"metadata": {"uid": pod.metadata.uid}, "status": {
        "phase": "Running", "podIP": "10.1.0.5", "podIPs": [{"ip": "10.1.0.5"}], "hostIP": "172.18.0.2",
        "hostIPs": [{"ip": "172.18.0.2"}], "startTime": "2026-01-01T00:00:00Z",
        "conditions": conditions, "containerStatuses": statuses,
    }});
    pods.patch_status(name(pod), &PatchParams::default(), &Patch::Strategic(status)).await?;
    Ok(())
}
