//! The objects that make a virtual cluster: values in, objects out, the same in every way of making one.
//!
//! None holds a key or an address, so that the same values give the same objects: the plane makes its keys itself, in
//! its first step. All are namespaced, and all are such as the built-in `admin` role may write, but for the quota that
//! somebody who may can ask for.

mod account;
mod binding;
mod container;
mod headless;
mod quota;
mod role;
mod service;
mod stateful_set;

use serde_json::{Value, json};

use super::{PlaneNames, Values};
use crate::names;

pub(super) use container::{CONTAINERS, PORTS, ideal};

/// The port of the plane's Service under which the virtual API server answers.
pub const API_PORT: u16 = 443;

/// The port of the API server in the plane's pod.
pub const API_SERVER_PORT: u16 = 6443;

/// The value of the `app` label of the plane's pod.
pub const PLANE_APP: &str = "virtual-cluster-plane";

/// All objects of a virtual cluster, in the order in which they are applied: what the plane's pod needs comes first.
pub fn objects(names: &PlaneNames, values: &Values) -> Vec<Value> {
    let quota = (!values.quota.is_empty()).then(|| quota::quota(names, values));
    quota
        .into_iter()
        .chain([
            account::account(names),
            role::role(names),
            binding::binding(names),
            service::service(names, values),
            headless::headless(names),
            stateful_set::stateful_set(names, values),
        ])
        .collect()
}

/// The labels of every object of a virtual cluster, and of its plane's pod.
pub(super) fn labels(names: &PlaneNames) -> Value {
    json!({names::VIRTUAL_CLUSTER_LABEL: names.cluster, "app": PLANE_APP})
}

fn metadata(names: &PlaneNames, name: &str) -> Value {
    json!({"name": name, "namespace": names.namespace, "labels": labels(names)})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tenancy::vcluster::values::Storage;

    fn all(values: &Values) -> Vec<Value> {
        objects(&PlaneNames::new("vc", "tenant-a", values), values)
    }

    #[test]
    fn a_virtual_cluster_is_made_of_namespaced_kinds_that_an_admin_of_one_namespace_may_create() {
        let all = all(&Values::default());
        let kinds: Vec<_> = all.iter().map(|object| object["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["ServiceAccount", "Role", "RoleBinding", "Service", "Service", "StatefulSet"]);
        assert!(all.iter().all(|object| object["metadata"]["namespace"] == "tenant-a"));
    }

    #[test]
    fn every_container_of_ours_sets_requests_and_limits_so_that_a_quota_admits_it() {
        let set = all(&Values::default()).pop().unwrap();
        let pod = &set["spec"]["template"]["spec"];
        let of = |field: &str| pod[field].as_array().unwrap().clone();
        let containers = [of("initContainers"), of("containers")].concat();
        assert_eq!(containers.len(), CONTAINERS.len() + 1);
        for container in containers {
            for kind in ["requests", "limits"] {
                for resource in ["cpu", "memory"] {
                    let amount = container["resources"][kind][resource].as_str();
                    assert!(amount.is_some_and(|amount| !amount.is_empty()), "{container}");
                }
            }
        }
    }

    #[test]
    fn the_same_values_give_the_same_objects() {
        assert_eq!(all(&Values::default()), all(&Values::default()));
    }

    #[test]
    fn a_store_on_disk_is_written_through_and_goes_with_its_virtual_cluster() {
        let storage = Storage { size: "1Gi".to_owned(), class: String::new() };
        let set = all(&Values { storage, ..Values::default() }).pop().unwrap();
        let claim = &set["spec"]["volumeClaimTemplates"][0];
        assert_eq!(claim["spec"]["resources"]["requests"]["storage"], "1Gi");
        assert_eq!(set["spec"]["persistentVolumeClaimRetentionPolicy"]["whenDeleted"], "Delete");
        assert!(!set.to_string().contains("unsafe-no-fsync"));
    }

    #[test]
    fn no_object_holds_a_key() {
        for object in all(&Values::default()) {
            assert_ne!(object["kind"], "Secret");
            assert!(!object.to_string().contains("PRIVATE KEY"));
        }
    }
}
