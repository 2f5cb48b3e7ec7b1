//! What a RayCluster's status should say. Pure: the clock is a parameter.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{Pod, Service},
    apimachinery::pkg::apis::meta::v1::Time,
};
use kube::ResourceExt;

use super::{
    conditions::{self, Conditions},
    desired, pods, resources,
};
use crate::workload::ray::api::v1::{ClusterState, HeadInfo, RayCluster, RayClusterStatus};

/// What was seen of one cluster at one time.
pub(super) struct Seen<'a> {
    /// All its Pods, those on their way out included.
    pub(super) pods: &'a [Pod],
    /// Its head Service, once there is one.
    pub(super) service: Option<&'a Service>,
}

/// The new status, or none where it would say nothing new.
pub(super) fn changed(cluster: &RayCluster, seen: &Seen<'_>, now: &Time) -> Option<RayClusterStatus> {
    let old = cluster.status.clone().unwrap_or_default();
    let mut new = observe(cluster, &old, seen, now);
    new.last_update_time.clone_from(&old.last_update_time);
    if new == old {
        return None;
    }
    new.last_update_time = Some(now.clone());
    Some(new)
}

fn observe(cluster: &RayCluster, old: &RayClusterStatus, seen: &Seen<'_>, now: &Time) -> RayClusterStatus {
    let live: Vec<&Pod> = seen.pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none()).collect();
    let head = live.iter().copied().find(|pod| pods::is_head(pod));
    let workers = || live.iter().copied().filter(|pod| pods::is_worker(pod));
    let groups = cluster.spec.worker_group_specs.as_deref().unwrap_or_default();
    let wanted: usize = groups.iter().map(desired::workers).sum();
    let totals = resources::desired(cluster);
    let complete = live.len() == wanted + 1 && live.iter().all(|pod| pods::is_ready(pod));

    let mut status = RayClusterStatus {
        available_worker_replicas: Some(count(workers().filter(|pod| pods::is_running(pod)).count())),
        ready_worker_replicas: Some(count(workers().filter(|pod| pods::is_ready(pod)).count())),
        desired_worker_replicas: Some(count(wanted)),
        min_worker_replicas: Some(groups.iter().map(|group| group.min_replicas).fold(0, i32::saturating_add)),
        max_worker_replicas: Some(groups.iter().map(|group| group.max_replicas).fold(0, i32::saturating_add)),
        desired_cpu: Some(totals.cpu),
        desired_memory: Some(totals.memory),
        desired_gpu: Some(totals.gpu),
        desired_tpu: Some(totals.tpu),
        head: Some(head_info(head, seen.service)),
        endpoints: Some(endpoints()),
        observed_generation: cluster.metadata.generation,
        ..old.clone()
    };
    let word = state(cluster, old, seen.pods.is_empty(), complete);
    if word.is_some() && word != old.state {
        let times = status.state_transition_times.get_or_insert_default();
        times.insert(word.map(ClusterState::word).unwrap_or_default().into(), now.clone());
    }
    status.state = word;
    let mut conditions = Conditions::new(old.conditions.clone(), cluster.metadata.generation, now);
    conditions::observe(&mut conditions, cluster, head, seen.pods.is_empty(), complete);
    status.conditions = Some(conditions.into_vec());
    status
}

/// Upstream's rule: a cluster becomes ready when it is complete, and stays so while single Pods come and go. Only
/// suspension takes the word back, and what comes after it is unknown until the cluster is complete again.
fn state(cluster: &RayCluster, old: &RayClusterStatus, empty: bool, complete: bool) -> Option<ClusterState> {
    match (cluster.spec.suspend == Some(true), old.state) {
        (true, _) if empty => Some(ClusterState::Suspended),
        (true, state) => state,
        (false, _) if complete => Some(ClusterState::Ready),
        (false, Some(ClusterState::Suspended)) => None,
        (false, state) => state,
    }
}

fn head_info(head: Option<&Pod>, service: Option<&Service>) -> HeadInfo {
    let pod_ip = head.and_then(|pod| pod.status.as_ref()?.pod_ip.clone());
    let cluster_ip = service.and_then(|service| service.spec.as_ref()?.cluster_ip.clone());
    HeadInfo {
        pod_name: head.map(ResourceExt::name_any),
        // A headless Service has no address: the head's is what its name resolves to.
        service_ip: cluster_ip.filter(|address| address != "None").or_else(|| pod_ip.clone()),
        service_name: service.map(ResourceExt::name_any),
        pod_ip,
    }
}

fn endpoints() -> BTreeMap<String, String> {
    desired::PORTS.map(|(name, port)| (name.to_owned(), port.to_string())).into()
}

fn count(pods: usize) -> i32 {
    i32::try_from(pods).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cluster(extra: serde_json::Value) -> RayCluster {
        let mut cluster = json!({
            "apiVersion": "ray.io/v1", "kind": "RayCluster",
            "metadata": {"name": "c", "namespace": "n", "uid": "u", "generation": 7},
            "spec": {
                "headGroupSpec": {"template": {"spec": {"containers": [{"name": "ray"}]}}},
                "workerGroupSpecs": [{
                    "groupName": "g", "replicas": 1, "minReplicas": 0, "maxReplicas": 5,
                    "template": {"spec": {"containers": [{"name": "ray"}]}},
                }],
            },
        });
        if let Some(suspend) = extra.get("suspend") {
            cluster["spec"]["suspend"] = suspend.clone();
        }
        if let Some(status) = extra.get("status") {
            cluster["status"] = status.clone();
        }
        serde_json::from_value(cluster).unwrap()
    }

    fn pod(node_type: &str, ready: bool) -> Pod {
        serde_json::from_value(json!({
            "metadata": {"name": node_type, "labels": {"ray.io/node-type": node_type, "ray.io/group": "g"}},
            "status": {
                "phase": "Running", "podIP": "10.0.0.1",
                "conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}],
            },
        }))
        .unwrap()
    }

    fn now() -> Time {
        serde_json::from_value(json!("2026-11-21T12:00:00Z")).unwrap()
    }

    fn status(cluster: &RayCluster, pods: &[Pod]) -> RayClusterStatus {
        changed(cluster, &Seen { pods, service: None }, &now()).unwrap()
    }

    #[test]
    fn a_cluster_is_ready_when_head_and_all_desired_workers_are() {
        let new = cluster(json!({}));
        assert_eq!(status(&new, &[pod("head", true)]).state, None);
        assert_eq!(status(&new, &[pod("head", true), pod("worker", false)]).state, None);
        assert_eq!(status(&new, &[pod("head", false), pod("worker", true)]).state, None);
        let ready = status(&new, &[pod("head", true), pod("worker", true)]);
        assert_eq!(ready.state, Some(ClusterState::Ready));
        assert_eq!(ready.observed_generation, Some(7));
        assert_eq!(ready.state_transition_times.unwrap()["ready"], now());
    }

    #[test]
    fn a_ready_cluster_stays_so_while_a_worker_is_replaced() {
        let was = cluster(json!({"status": {"state": "ready"}}));
        let status = status(&was, &[pod("head", true)]);
        assert_eq!(status.state, Some(ClusterState::Ready));
        assert_eq!(status.ready_worker_replicas, Some(0));
    }

    #[test]
    fn a_suspended_cluster_says_so_once_it_has_no_pods() {
        let suspended = cluster(json!({"suspend": true, "status": {"state": "ready"}}));
        assert_eq!(status(&suspended, &[pod("head", true)]).state, Some(ClusterState::Ready));
        assert_eq!(status(&suspended, &[]).state, Some(ClusterState::Suspended));
        let resumed = cluster(json!({"status": {"state": "suspended"}}));
        assert_eq!(status(&resumed, &[]).state, None);
    }

    #[test]
    fn nothing_new_is_not_written() {
        let mut cluster = cluster(json!({}));
        let pods = [pod("head", true), pod("worker", true)];
        cluster.status = Some(status(&cluster, &pods));
        assert_eq!(changed(&cluster, &Seen { pods: &pods, service: None }, &now()), None);
    }

    #[test]
    fn the_head_of_a_headless_service_has_its_pods_address() {
        let head = status(&cluster(json!({})), &[pod("head", true)]).head.unwrap();
        assert_eq!(head.service_ip.as_deref(), Some("10.0.0.1"));
        assert_eq!(head.pod_name.as_deref(), Some("head"));
    }
}
