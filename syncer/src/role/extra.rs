//! Rights beyond the built-in `admin`, by option. Whoever grants them must hold them.
//!
//! `admin` may not write endpoints because they point a Service at any address, those of other namespaces included.

use k8s_openapi::api::rbac::v1::PolicyRule;
use kube::Client;

use super::{Access, may, role_rules, rule};
use crate::kinds::{Kind, TABLE};

/// What a kind that is copied whole needs.
const VERBS: [&str; 6] = ["get", "list", "watch", "create", "update", "delete"];

/// The rules by which endpoints of Services without a selector are synced.
pub fn endpoint_rules() -> Vec<PolicyRule> {
    endpoint_kinds().map(|kind| rule(kind.row().group, &[kind.row().plural], &VERBS)).collect()
}

/// The rules of a syncer that syncs such endpoints too.
pub fn with_endpoints() -> Vec<PolicyRule> {
    role_rules().into_iter().chain(endpoint_rules()).collect()
}

/// The kinds that [`endpoint_rules`] are about.
pub fn endpoint_kinds() -> impl Iterator<Item = Kind> {
    TABLE.iter().filter(|row| row.needs_more_than_admin).map(|row| row.kind)
}

/// The verbs on `kind` in `namespace` that the client's user lacks of those that [`endpoint_rules`] name.
///
/// # Errors
/// An API server that does not answer.
pub async fn missing(client: &Client, namespace: &str, kind: Kind) -> Result<Vec<&'static str>, kube::Error> {
    let row = kind.row();
    let reviews = VERBS.map(|verb| async move {
        let access =
            Access { verb, group: row.group, resource: row.plural, subresource: "", everywhere: false };
        Ok::<_, kube::Error>((verb, may(client, namespace, &access).await?))
    });
    let answers = futures::future::try_join_all(reviews).await?;
    Ok(answers.into_iter().filter(|(_, allowed)| !allowed).map(|(verb, _)| verb).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_in_the_wider_role_only() {
        let names = |rules: Vec<PolicyRule>| -> Vec<String> {
            rules.into_iter().flat_map(|rule| rule.resources.unwrap_or_default()).collect()
        };
        for resource in ["endpoints", "endpointslices"] {
            assert!(!names(role_rules()).iter().any(|name| name == resource), "{resource}");
            assert!(names(with_endpoints()).iter().any(|name| name == resource), "{resource}");
        }
    }
}
