//! A node of the host that starts a pod when all is there that the pod mounts, as a kubelet does, and one after the other.

use std::collections::HashSet;

use futures::StreamExt;
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::{
    Api, Client, ResourceExt,
    core::PartialObjectMeta,
    runtime::{WatchStreamExt, watcher, watcher::Event},
};
use parking_lot::Mutex;
use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
};

use super::kubelet::{Step, is_bound, is_running};

/// Runs every pod of the namespace until it is dropped.
pub(crate) struct MountingNode {
    secrets: watch::Receiver<HashSet<String>>,
    _tasks: JoinSet<()>,
}

struct Inner {
    pods: Api<Pod>,
    secrets: watch::Receiver<HashSet<String>>,
    /// The uids of those that wait or run.
    begun: Mutex<HashSet<String>>,
    /// One call at a time.
    hand: Semaphore,
}

impl MountingNode {
    pub(super) fn start(host: &Client, namespace: &str) -> Self {
        let mut tasks = JoinSet::new();
        let (sender, secrets) = watch::channel(HashSet::new());
        let all: Api<PartialObjectMeta<Secret>> = Api::namespaced(host.clone(), namespace);
        tasks.spawn(async move {
            let shown = watcher(all, watcher::Config::default()).default_backoff();
            let noted = shown.for_each(|event| {
                sender.send_modify(|names| match event {
                    Ok(Event::Apply(secret) | Event::InitApply(secret)) => {
                        names.insert(secret.name_any());
                    }
                    Ok(Event::Delete(secret)) => {
                        names.remove(&secret.name_any());
                    }
                    Ok(Event::Init) => names.clear(),
                    Ok(Event::InitDone) | Err(_) => {}
                });
                std::future::ready(())
            });
            noted.await;
        });
        let pods: Api<Pod> = Api::namespaced(host.clone(), namespace);
        let shown = watcher(pods.clone(), watcher::Config::default()).default_backoff().applied_objects();
        let inner =
            Inner { pods, secrets: secrets.clone(), begun: Mutex::default(), hand: Semaphore::new(1) };
        tasks.spawn(async move {
            let (shown, inner) = (shown.filter_map(|pod| async { pod.ok() }), &inner);
            shown.for_each_concurrent(None, |pod| async move { inner.act(pod).await }).await;
        });
        Self { secrets, _tasks: tasks }
    }

    /// Returns when the namespace has no Secrets. Those of a pod's tokens go after it.
    pub(crate) async fn is_empty(&self) {
        drop(self.secrets.clone().wait_for(HashSet::is_empty).await.expect("it is watched"));
    }
}

impl Inner {
    async fn act(&self, pod: Pod) {
        let is_ending = pod.metadata.deletion_timestamp.is_some();
        let is_new = || self.begun.lock().insert(pod.metadata.uid.clone().unwrap_or_default());
        if is_ending {
            self.in_turn(Step::End, &pod).await;
        } else if !is_bound(&pod) {
            self.in_turn(Step::Bind, &pod).await;
        } else if !is_running(&pod) && is_new() {
            let mounted = mounts(&pod);
            let mut secrets = self.secrets.clone();
            let all_there = secrets.wait_for(|there| mounted.iter().all(|name| there.contains(name)));
            drop(all_there.await);
            self.in_turn(Step::Run, &pod).await;
        }
    }

    async fn in_turn(&self, step: Step, pod: &Pod) {
        let _turn = self.hand.acquire().await.expect("it is never closed");
        step.persist(&self.pods, pod).await;
    }
}

/// Secrets without which its containers do not start.
fn mounts(pod: &Pod) -> Vec<String> {
    let volumes = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
    let of_volumes = volumes.flat_map(|volume| {
        let plain = volume.secret.iter().filter_map(|secret| secret.secret_name.clone());
        let sources = volume.projected.iter().flat_map(|projected| projected.sources.iter().flatten());
        plain.chain(sources.filter_map(|source| source.secret.as_ref().map(|secret| secret.name.clone())))
    });
    of_volumes.collect()
}
