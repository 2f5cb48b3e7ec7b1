//! Names and labels of what the operator makes. They are KubeRay's, so that tools made for it find everything.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::Resource;

pub(super) const CLUSTER: &str = "ray.io/cluster";
pub(super) const NODE_TYPE: &str = "ray.io/node-type";
pub(super) const GROUP: &str = "ray.io/group";
pub(super) const ORIGINATED_FROM: &str = "ray.io/originated-from-cr-name";

pub(super) const HEAD: &str = "head";
pub(super) const WORKER: &str = "worker";
const HEAD_GROUP: &str = "headgroup";

/// Names have 63 characters, and `-head-svc` must still fit behind the cluster's own.
const LONGEST_BASE: usize = 50;

/// The head Pod's name. It is fixed, so that no two heads can be.
pub(super) fn head_pod(cluster: &str) -> String {
    format!("{}-head", shortened(cluster))
}

/// The head Service's name.
pub(super) fn head_service(cluster: &str) -> String {
    format!("{}-head-svc", shortened(cluster))
}

/// The beginning of a worker Pod's name; the API server adds five characters.
pub(super) fn worker_prefix(cluster: &str, group: &str) -> String {
    format!("{}-worker-", shortened(&format!("{cluster}-{group}")))
}

/// Keeps the end of a long name, where generated names differ, and no sign that a name must not begin with.
fn shortened(name: &str) -> &str {
    let start = name.len().saturating_sub(LONGEST_BASE);
    let tail = name.get(start..).unwrap_or(name);
    if start == 0 { tail } else { tail.trim_start_matches(|c: char| !c.is_ascii_alphabetic()) }
}

/// The labels of everything that belongs to the head.
pub(super) fn head_labels(cluster: &str) -> BTreeMap<String, String> {
    labels(cluster, HEAD, HEAD_GROUP)
}

/// The labels of a worker of `group`.
pub(super) fn worker_labels(cluster: &str, group: &str) -> BTreeMap<String, String> {
    labels(cluster, WORKER, group)
}

fn labels(cluster: &str, node_type: &str, group: &str) -> BTreeMap<String, String> {
    [
        (CLUSTER, cluster),
        (NODE_TYPE, node_type),
        (GROUP, group),
        ("ray.io/identifier", &format!("{cluster}-{node_type}")),
        ("ray.io/is-ray-node", "yes"),
        ("app.kubernetes.io/name", "kuberay"),
        ("app.kubernetes.io/created-by", "kuberay-operator"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into()
}

/// The owner reference to an object that the API server has given a uid.
pub(super) fn owner<K: Resource<DynamicType = ()>>(object: &K) -> Vec<OwnerReference> {
    object
        .controller_owner_ref(&())
        .map(|owner| OwnerReference { block_owner_deletion: Some(true), ..owner })
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_is_kept_whole() {
        assert_eq!(head_service("sample"), "sample-head-svc");
        assert_eq!(worker_prefix("sample", "small"), "sample-small-worker-");
    }

    #[test]
    fn a_long_name_keeps_its_end_and_fits() {
        let long = format!("{}-{}", "a".repeat(60), "end");
        assert!(head_service(&long).ends_with("-end-head-svc"));
        assert!(worker_prefix(&long, "group").len() + 5 <= 63);
    }

    #[test]
    fn a_shortened_name_begins_with_a_letter() {
        let name = format!("{}-9-{}", "a".repeat(20), "b".repeat(48));
        assert!(head_pod(&name).starts_with('b'), "{}", head_pod(&name));
    }
}
