//! What the platform installs for VirtualClusters: the definition, and the operator with its rights.

use k8s_openapi::api::rbac::v1::PolicyRule;
use kube::CustomResourceExt;
use serde_json::{Value, json};
use tenantbench_syncer::role::role_rules;

use crate::tenancy::vcluster::{VirtualCluster, values::Images};

const OPERATOR: &str = "tenantbench-operator";

/// The definition, an account, its rights in all namespaces, those of its users, and a Deployment in `namespace`.
pub fn manifests(namespace: &str) -> Vec<Value> {
    let labels = json!({"app": OPERATOR});
    let metadata = json!({"name": OPERATOR, "namespace": namespace, "labels": labels});
    let rbac = "rbac.authorization.k8s.io";
    vec![
        json!(VirtualCluster::crd()),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}),
        json!({
            "apiVersion": format!("{rbac}/v1"), "kind": "ClusterRole",
            "metadata": {"name": OPERATOR, "labels": labels}, "rules": rules(),
        }),
        json!({
            "apiVersion": format!("{rbac}/v1"), "kind": "ClusterRoleBinding",
            "metadata": {"name": OPERATOR, "labels": labels},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": OPERATOR},
            "subjects": [{"kind": "ServiceAccount", "name": OPERATOR, "namespace": namespace}],
        }),
        // Kubernetes adds it to the built-in role: whoever may deploy in a namespace may have a virtual cluster there.
        json!({
            "apiVersion": format!("{rbac}/v1"), "kind": "ClusterRole",
            "metadata": {
                "name": "tenantbench-virtual-clusters",
                "labels": {"app": OPERATOR, format!("{rbac}/aggregate-to-admin"): "true"},
            },
            "rules": [{
                "apiGroups": ["tenantbench.dev"], "resources": ["virtualclusters"],
                "verbs": ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"],
            }],
        }),
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
            "spec": {
                "replicas": 1,
                "strategy": {"type": "Recreate"},
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"serviceAccountName": OPERATOR, "containers": [{
                        "name": "operator",
                        "image": Images::default().tenantbench,
                        "command": ["tenantbench", "operator", "virtual-clusters"],
                        "resources": {
                            "requests": {"cpu": "10m", "memory": "25Mi"},
                            "limits": {"cpu": "500m", "memory": "256Mi"},
                        },
                    }]},
                },
            },
        }),
    ]
}

/// The operator's rights: to make the objects, and all that it hands on to each syncer, for nobody can grant what he
/// does not have.
pub fn rules() -> Vec<PolicyRule> {
    let rule = |group: &str, resources: &[&str], verbs: &[&str]| PolicyRule {
        api_groups: Some(vec![group.to_owned()]),
        resources: Some(resources.iter().map(|&one| one.to_owned()).collect()),
        verbs: verbs.iter().map(|&one| one.to_owned()).collect(),
        ..PolicyRule::default()
    };
    let apply = ["get", "create", "patch"];
    let own = [
        rule("tenantbench.dev", &["virtualclusters"], &["get", "list", "watch"]),
        rule("tenantbench.dev", &["virtualclusters/status"], &["patch"]),
        // To be the controller of an object that holds up its owner's end takes the right to change that.
        rule("tenantbench.dev", &["virtualclusters/finalizers"], &["update"]),
        rule("", &["services", "serviceaccounts", "resourcequotas"], &apply),
        rule("apps", &["statefulsets"], &["get", "list", "watch", "create", "patch"]),
        rule("rbac.authorization.k8s.io", &["roles", "rolebindings"], &apply),
    ];
    own.into_iter().chain(role_rules()).collect()
}
