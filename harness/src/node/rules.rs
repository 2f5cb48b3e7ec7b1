//! What the nodes may do.

use k8s_openapi::api::rbac::v1::PolicyRule;

/// The rights that the nodes' user needs on the host, cluster-wide.
pub fn node_rules() -> Vec<PolicyRule> {
    vec![
        rule("", &["nodes"], &["create", "get", "list", "watch", "patch"]),
        rule("", &["nodes/status"], &["patch"]),
        rule("coordination.k8s.io", &["leases"], &["create", "get", "patch"]),
        rule("", &["pods"], &["get", "list", "watch", "delete"]),
        rule("", &["pods/status"], &["patch"]),
        rule("", &["events"], &["create"]),
        rule("", &["configmaps", "secrets"], &["get", "list", "watch"]),
        rule("", &["serviceaccounts/token"], &["create"]),
        rule("", &["services"], &["list", "watch"]),
        rule("discovery.k8s.io", &["endpointslices"], &["list", "watch"]),
    ]
}

fn rule(group: &str, resources: &[&str], verbs: &[&str]) -> PolicyRule {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    PolicyRule {
        api_groups: Some(vec![group.to_owned()]),
        resources: Some(owned(resources)),
        verbs: owned(verbs),
        ..PolicyRule::default()
    }
}
