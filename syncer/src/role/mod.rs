//! What the syncer may do on the host: a Role that whoever has the built-in `admin` role in a namespace can grant.

mod extra;
mod nodes;
mod review;

use k8s_openapi::api::rbac::v1::PolicyRule;

pub use extra::{endpoint_kinds, endpoint_rules, missing, with_endpoints};
pub use nodes::cluster_rules;
pub use review::{Access, denied, may};

const READ: [&str; 3] = ["get", "list", "watch"];

/// The rules of the syncer's Role, each of them covered by the built-in `admin` ClusterRole.
pub fn role_rules() -> Vec<PolicyRule> {
    vec![
        rule("", &["pods"], &["get", "list", "watch", "create", "patch", "delete"]),
        rule(
            "",
            &["services", "configmaps", "secrets"],
            &["get", "list", "watch", "create", "update", "delete"],
        ),
        rule("", &["events"], &READ),
        rule("", &["pods/log"], &["get"]),
        // A WebSocket is opened by GET and authorised as create too; SPDY by POST.
        rule("", &["pods/exec", "pods/attach", "pods/portforward"], &["get", "create"]),
        // To learn the uid of the plane's own object, which owns all others.
        rule("apps", &["statefulsets", "deployments"], &["get"]),
    ]
}

fn rule(group: &str, resources: &[&str], verbs: &[&str]) -> PolicyRule {
    let owned = |list: &[&str]| list.iter().map(|&item| item.to_owned()).collect::<Vec<_>>();
    PolicyRule {
        api_groups: Some(vec![group.to_owned()]),
        resources: Some(owned(resources)),
        verbs: owned(verbs),
        ..PolicyRule::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_denied_is_in_the_role() {
        for access in denied().iter().filter(|access| !access.everywhere) {
            let full = if access.subresource.is_empty() {
                access.resource.to_owned()
            } else {
                format!("{}/{}", access.resource, access.subresource)
            };
            let granted = role_rules().iter().any(|rule| {
                rule.api_groups
                    .as_ref()
                    .is_some_and(|groups| groups.iter().any(|group| group == access.group))
                    && rule.resources.as_ref().is_some_and(|resources| resources.contains(&full))
                    && rule.verbs.iter().any(|verb| verb == access.verb)
            });
            assert!(!granted, "{access:?}");
        }
    }
}
