//! When pods appeared and became Ready, as one watch saw it.

use std::{collections::BTreeMap, sync::Arc};

use futures::{StreamExt, pin_mut};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::{
    Api, Client, ResourceExt,
    runtime::{WatchStreamExt, watcher},
};
use parking_lot::Mutex;
use tokio::task::AbortHandle;

use super::clock::Moment;

/// What one watch saw of one pod.
#[derive(Clone, Debug, PartialEq)]
pub struct PodTimes {
    /// The pod's namespace on the side that was watched.
    pub namespace: String,
    /// The pod's name on that side.
    pub name: String,
    /// Labels as first seen: they tell which tenant object a host pod stands for.
    pub labels: BTreeMap<String, String>,
    /// Annotations as first seen.
    pub annotations: BTreeMap<String, String>,
    /// When the watch first showed it.
    pub seen: Moment,
    /// When the watch first showed it Ready.
    pub ready: Option<Moment>,
}

/// A running record of the pods of one namespace, or of all. The watch ends when this is dropped.
pub struct PodRecorder {
    times: Arc<Mutex<BTreeMap<String, PodTimes>>>,
    task: AbortHandle,
}

impl Drop for PodRecorder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl PodRecorder {
    /// Starts to watch the pods of `namespace`, or of all namespaces.
    pub fn start(client: Client, namespace: Option<&str>) -> Self {
        let api: Api<Pod> = match namespace {
            Some(namespace) => Api::namespaced(client, namespace),
            None => Api::all(client),
        };
        let times = Arc::new(Mutex::new(BTreeMap::new()));
        let shared = Arc::clone(&times);
        let task = tokio::spawn(async move {
            let events = watcher(api, watcher::Config::default()).default_backoff();
            pin_mut!(events);
            while let Some(event) = events.next().await {
                let now = Moment::now();
                match event {
                    Ok(event) => note(&mut shared.lock(), event, now),
                    Err(error) => tracing::debug!(%error, "the pod recorder's watch was interrupted"),
                }
            }
        })
        .abort_handle();
        Self { times, task }
    }

    /// All that was seen so far, by uid.
    pub fn times(&self) -> BTreeMap<String, PodTimes> {
        self.times.lock().clone()
    }
}

fn note(times: &mut BTreeMap<String, PodTimes>, event: watcher::Event<Pod>, now: Moment) {
    match event {
        watcher::Event::Apply(pod) | watcher::Event::InitApply(pod) => {
            let Some(uid) = pod.uid() else { return };
            let entry = times.entry(uid).or_insert_with(|| PodTimes {
                namespace: pod.namespace().unwrap_or_default(),
                name: pod.name_any(),
                labels: pod.labels().clone(),
                annotations: pod.annotations().clone(),
                seen: now,
                ready: None,
            });
            if entry.ready.is_none() && is_ready(&pod) {
                entry.ready = Some(now);
            }
        }
        watcher::Event::Delete(_) | watcher::Event::Init | watcher::Event::InitDone => {}
    }
}

/// True where the pod's own Ready condition says so.
pub fn is_ready(pod: &Pod) -> bool {
    pod.status
        .as_ref()
        .and_then(|status| status.conditions.as_ref())
        .is_some_and(|all| all.iter().any(|one| one.type_ == "Ready" && one.status == "True"))
}

/// The state of each container of a pod, those too that begin as init containers and stay, as a plane's etcd does.
pub fn containers(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    pod.status.iter().flat_map(|status| {
        status.init_container_statuses.iter().flatten().chain(status.container_statuses.iter().flatten())
    })
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{PodCondition, PodStatus};

    use super::*;

    fn pod(ready: bool) -> Pod {
        let mut pod = Pod::default();
        pod.metadata.uid = Some("u1".into());
        pod.metadata.name = Some("a".into());
        let status = if ready { "True" } else { "False" };
        pod.status = Some(PodStatus {
            conditions: Some(vec![PodCondition {
                type_: "Ready".into(),
                status: status.into(),
                ..PodCondition::default()
            }]),
            ..PodStatus::default()
        });
        pod
    }

    #[test]
    fn the_first_ready_counts_and_a_later_flap_does_not_move_it() {
        let mut times = BTreeMap::new();
        let moments: Vec<_> = (0..4).map(|_| Moment::now()).collect();
        for (ready, at) in [(false, 0), (true, 1), (false, 2), (true, 3)] {
            note(&mut times, watcher::Event::Apply(pod(ready)), moments[at]);
        }
        assert_eq!(times["u1"].seen, moments[0]);
        assert_eq!(times["u1"].ready, Some(moments[1]));
    }
}
