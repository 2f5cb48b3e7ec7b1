//! From the Pods there are and the Pods there should be to what is created and deleted. Pure: no I/O.

use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;

use super::{desired, pods};
use crate::workload::ray::api::v1::{RayCluster, WorkerGroupSpec};

/// What one reconciliation does to Pods.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Pods to create.
    pub(super) create: Vec<Pod>,
    /// Names of Pods to delete.
    pub(super) delete: Vec<String>,
}

/// Decides for the whole cluster. `pods` are all Pods with the cluster's label, those on their way out included.
pub(super) fn plan(cluster: &RayCluster, pods: &[Pod]) -> Plan {
    let mut plan = Plan::default();
    let going = |pod: &&Pod| pod.metadata.deletion_timestamp.is_some();
    if cluster.spec.suspend == Some(true) {
        plan.delete = pods.iter().filter(|pod| !going(pod)).map(ResourceExt::name_any).collect();
        return plan;
    }
    plan_head(cluster, pods, &mut plan);
    let groups = cluster.spec.worker_group_specs.as_deref().unwrap_or_default();
    for group in groups {
        plan_group(cluster, group, pods, &mut plan);
    }
    let orphaned = |pod: &&Pod| {
        pods::is_worker(pod) && !groups.iter().any(|group| pods::in_group(pod, &group.group_name))
    };
    plan.delete.extend(pods.iter().filter(orphaned).filter(|pod| !going(pod)).map(ResourceExt::name_any));
    plan
}

/// The head's name is fixed, so a new head waits until the old one is gone.
fn plan_head(cluster: &RayCluster, pods: &[Pod], plan: &mut Plan) {
    match pods.iter().find(|pod| pods::is_head(pod)) {
        None => plan.create.push(desired::head_pod(cluster)),
        Some(head) if pods::has_ended(head) && head.metadata.deletion_timestamp.is_none() => {
            plan.delete.push(head.name_any());
        }
        Some(_) => {}
    }
}

fn plan_group(cluster: &RayCluster, group: &WorkerGroupSpec, pods: &[Pod], plan: &mut Plan) {
    let chosen = group.scale_strategy.as_ref().and_then(|strategy| strategy.workers_to_delete.as_deref());
    let chosen = chosen.unwrap_or_default();
    let present = pods
        .iter()
        .filter(|pod| pods::in_group(pod, &group.group_name) && pod.metadata.deletion_timestamp.is_none());
    let (unwanted, mut kept): (Vec<_>, Vec<_>) =
        present.partition(|pod| pods::has_ended(pod) || chosen.contains(&pod.name_any()));
    plan.delete.extend(unwanted.into_iter().map(ResourceExt::name_any));

    let wanted = desired::workers(group);
    for _ in kept.len()..wanted {
        plan.create.push(desired::worker_pod(cluster, group));
    }
    // Those that are ready stay, and among equals the older ones.
    kept.sort_by_key(|pod| (!pods::is_ready(pod), pod.creation_timestamp(), pod.name_any()));
    plan.delete.extend(kept.into_iter().skip(wanted).map(ResourceExt::name_any));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cluster(spec: serde_json::Value) -> RayCluster {
        let mut cluster = json!({
            "apiVersion": "ray.io/v1", "kind": "RayCluster",
            "metadata": {"name": "c", "namespace": "n", "uid": "u"},
            "spec": {"headGroupSpec": {"template": {"spec": {"containers": [{"name": "ray"}]}}}},
        });
        cluster["spec"].as_object_mut().unwrap().extend(spec.as_object().cloned().unwrap());
        serde_json::from_value(cluster).unwrap()
    }

    fn group(replicas: i32, strategy: &[&str]) -> serde_json::Value {
        json!({"workerGroupSpecs": [{
            "groupName": "g", "replicas": replicas, "minReplicas": 0, "maxReplicas": 5,
            "scaleStrategy": {"workersToDelete": strategy},
            "template": {"spec": {"containers": [{"name": "ray"}]}},
        }]})
    }

    fn pod(name: &str, group: &str, phase: &str) -> Pod {
        let node_type = if group == "headgroup" { "head" } else { "worker" };
        let ready = if phase == "Running" { "True" } else { "False" };
        serde_json::from_value(json!({
            "metadata": {
                "name": name,
                "labels": {"ray.io/cluster": "c", "ray.io/node-type": node_type, "ray.io/group": group},
            },
            "status": {"phase": phase, "conditions": [{"type": "Ready", "status": ready}]},
        }))
        .unwrap()
    }

    fn head() -> Pod {
        pod("c-head", "headgroup", "Running")
    }

    fn outcome(plan: &Plan) -> (usize, Vec<&str>) {
        (plan.create.len(), plan.delete.iter().map(String::as_str).collect())
    }

    #[test]
    fn a_new_cluster_gets_a_head_and_all_its_workers() {
        let plan = plan(&cluster(group(3, &[])), &[]);
        assert_eq!(outcome(&plan), (4, vec![]));
        assert_eq!(plan.create[0].metadata.name.as_deref(), Some("c-head"));
        assert_eq!(plan.create[1].metadata.generate_name.as_deref(), Some("c-g-worker-"));
    }

    #[test]
    fn a_complete_cluster_is_left_alone() {
        let pods = [head(), pod("a", "g", "Running")];
        assert_eq!(outcome(&plan(&cluster(group(1, &[])), &pods)), (0, vec![]));
    }

    #[test]
    fn a_worker_that_has_ended_is_replaced() {
        let pods = [head(), pod("a", "g", "Failed")];
        assert_eq!(outcome(&plan(&cluster(group(1, &[])), &pods)), (1, vec!["a"]));
    }

    #[test]
    fn a_head_that_has_ended_goes_before_the_next_one_comes() {
        let mut old = pod("c-head", "headgroup", "Failed");
        assert_eq!(outcome(&plan(&cluster(group(0, &[])), std::slice::from_ref(&old))), (0, vec!["c-head"]));
        old.metadata.deletion_timestamp = serde_json::from_value(json!("2026-01-01T00:00:00Z")).unwrap();
        assert_eq!(outcome(&plan(&cluster(group(0, &[])), &[old])), (0, vec![]));
    }

    #[test]
    fn scaling_down_takes_the_chosen_worker_and_then_one_that_is_not_ready() {
        let pods = [head(), pod("a", "g", "Running"), pod("b", "g", "Pending"), pod("c", "g", "Running")];
        assert_eq!(outcome(&plan(&cluster(group(2, &[])), &pods)), (0, vec!["b"]));
        assert_eq!(outcome(&plan(&cluster(group(2, &["a"])), &pods)), (0, vec!["a"]));
        assert_eq!(outcome(&plan(&cluster(group(1, &["a"])), &pods)), (0, vec!["a", "b"]));
    }

    #[test]
    fn a_worker_on_its_way_out_does_not_count() {
        let mut leaving = pod("a", "g", "Running");
        leaving.metadata.deletion_timestamp = serde_json::from_value(json!("2026-01-01T00:00:00Z")).unwrap();
        assert_eq!(outcome(&plan(&cluster(group(1, &[])), &[head(), leaving])), (1, vec![]));
    }

    #[test]
    fn replicas_stay_within_the_groups_bounds() {
        assert_eq!(outcome(&plan(&cluster(group(9, &[])), &[head()])), (5, vec![]));
    }

    #[test]
    fn a_group_that_is_gone_takes_its_workers_along() {
        let pods = [head(), pod("a", "other", "Running")];
        assert_eq!(outcome(&plan(&cluster(group(0, &[])), &pods)), (0, vec!["a"]));
    }

    #[test]
    fn a_suspended_cluster_keeps_no_pod() {
        let pods = [head(), pod("a", "g", "Running")];
        let plan = plan(&cluster(json!({"suspend": true})), &pods);
        assert_eq!(outcome(&plan), (0, vec!["c-head", "a"]));
    }
}
