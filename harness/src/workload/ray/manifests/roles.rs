//! Rights: the operator's own, those the chart offers to users, and the one that the platform adds.

use serde_json::{Value, json};

use super::{OPERATOR, labels};

/// The Role and RoleBinding around the lease.
pub(super) const LEADER_ELECTION: &str = "kuberay-operator-leader-election";

/// The ClusterRoles that make a tenant an editor of everything in `ray.io`.
pub(super) const EDITORS: [&str; 4] =
    ["raycluster-editor-role", "rayjob-editor-role", "rayservice-editor-role", "raycronjob-editor-role"];

const EDIT: &[&str] = &["create", "delete", "get", "list", "patch", "update", "watch"];
const VIEW: &[&str] = &["get", "list", "watch"];

/// The operator's ClusterRole and the chart's six for users, whose names are constants of the chart.
pub(super) fn cluster_roles() -> Vec<Value> {
    let mut roles = vec![operator()];
    for kind in ["rayjob", "rayservice", "raycronjob"] {
        roles.push(user_role(kind, "editor", EDIT));
        roles.push(user_role(kind, "viewer", VIEW));
    }
    roles
}

/// The editor role that the chart lacks. Only the platform installs it, where tenants share one operator.
pub(super) fn cluster_editor() -> Value {
    user_role("raycluster", "editor", EDIT)
}

fn user_role(kind: &str, what: &str, verbs: &[&str]) -> Value {
    let plural = format!("{kind}s");
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": format!("{kind}-{what}-role"), "labels": labels()},
        "rules": [
            {"apiGroups": ["ray.io"], "resources": [plural], "verbs": verbs},
            {"apiGroups": ["ray.io"], "resources": [format!("{plural}/status")], "verbs": ["get"]},
        ],
    })
}

/// What this operator does, and nothing it might do one day.
fn operator() -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": OPERATOR, "labels": labels()},
        "rules": [
            {"apiGroups": ["ray.io"], "resources": ["rayclusters"], "verbs": EDIT},
            {
                "apiGroups": ["ray.io"],
                "resources": ["rayjobs", "rayservices", "raycronjobs"],
                "verbs": ["get", "list", "patch", "update", "watch"],
            },
            {
                "apiGroups": ["ray.io"],
                "resources": ["rayclusters/status", "rayjobs/status"],
                "verbs": ["get", "patch", "update"],
            },
            // Where OwnerReferencesPermissionEnforcement is on, blocking an owner's deletion needs this.
            {
                "apiGroups": ["ray.io"],
                "resources": ["rayclusters/finalizers", "rayjobs/finalizers"],
                "verbs": ["update"],
            },
            {"apiGroups": [""], "resources": ["pods", "services"], "verbs": EDIT},
            {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": EDIT},
            {"apiGroups": ["", "events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]},
        ],
    })
}

/// The lease that the leader holds.
pub(super) fn leader_election(namespace: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": LEADER_ELECTION, "namespace": namespace, "labels": labels()},
        "rules": [
            {
                "apiGroups": ["coordination.k8s.io"],
                "resources": ["leases"],
                "verbs": ["create", "get", "list", "patch", "update", "watch"],
            },
        ],
    })
}
