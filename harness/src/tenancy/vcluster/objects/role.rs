//! The Role of the plane: the syncer's, which covers what the first step does.

use serde_json::{Value, json};
use tenantbench_syncer::role::role_rules;

use super::{PlaneNames, metadata};

pub(super) fn role(names: &PlaneNames) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": metadata(names, &names.account()),
        "rules": role_rules(),
    })
}
