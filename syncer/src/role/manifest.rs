//! The Role, and the ClusterRole where one is needed, as manifests.

use serde_json::{Value, json};

use super::Rules;

/// What must be granted to a syncer: a Role for the host namespace and, only where something without namespaces needs
/// it, a ClusterRole. Bindings are whoever's that knows the syncer's account.
pub fn manifests(rules: &Rules, name: &str) -> Vec<Value> {
    let manifest = |kind: &str, rules| {
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": { "name": name }, "rules": rules,
        })
    };
    let role = manifest("Role", json!(rules.namespaced));
    let cluster = (!rules.cluster.is_empty()).then(|| manifest("ClusterRole", json!(rules.cluster)));
    std::iter::once(role).chain(cluster).collect()
}
