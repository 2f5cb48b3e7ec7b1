//! Who the operator is, and what binds its rights to it.

use serde_json::{Value, json};

use super::{OPERATOR, labels, roles};

/// The ServiceAccount.
pub(super) fn service_account(namespace: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": OPERATOR, "namespace": namespace, "labels": labels()},
    })
}

/// The operator's rights in every namespace.
pub(super) fn cluster_role_binding(namespace: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": OPERATOR, "labels": labels()},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": OPERATOR},
        "subjects": [subject(namespace)],
    })
}

/// The right to the lease.
pub(super) fn leader_election_binding(namespace: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": roles::LEADER_ELECTION, "namespace": namespace, "labels": labels()},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": roles::LEADER_ELECTION},
        "subjects": [subject(namespace)],
    })
}

fn subject(namespace: &str) -> Value {
    json!({"kind": "ServiceAccount", "name": OPERATOR, "namespace": namespace})
}
