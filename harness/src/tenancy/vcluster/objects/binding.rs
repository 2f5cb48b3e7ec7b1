//! The RoleBinding that gives the plane its Role.

use serde_json::{Value, json};

use super::{PlaneNames, metadata};

pub(super) fn binding(names: &PlaneNames) -> Value {
    let account = names.account();
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": metadata(names, &account),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": account},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": names.namespace}],
    })
}
