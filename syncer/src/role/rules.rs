//! Rules from the table of kinds.

use k8s_openapi::api::rbac::v1::PolicyRule;

use super::lack::WATCH;
use crate::kinds::{Kinds, On, Side};

/// Rules of both sorts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// Of a Role in the host namespace.
    pub namespaced: Vec<PolicyRule>,
    /// Of a ClusterRole, for kinds without namespaces.
    pub cluster: Vec<PolicyRule>,
}

/// The rules of the syncer's Role by default, each of them covered by the built-in `admin` ClusterRole.
pub fn role_rules() -> Vec<PolicyRule> {
    rules(&Kinds::default().only(|row| row.on == On::Default)).namespaced
}

/// What a syncer of these kinds needs.
pub fn rules(kinds: &Kinds) -> Rules {
    let mut rules = Rules::default();
    for row in kinds.rows() {
        let list = if row.is_cluster_wide() { &mut rules.cluster } else { &mut rules.namespaced };
        for (resource, verbs) in row.rights() {
            add(list, row.kind.api().group, resource, verbs);
        }
    }
    // To learn the uid of the plane's own object, which owns all others.
    for resource in ["statefulsets", "deployments"] {
        add(&mut rules.namespaced, "apps", resource.to_owned(), &["get"]);
    }
    rules
}

/// What a process that serves many tenants needs in a ClusterRole to watch the host once for all of them. It may write
/// nowhere but where its Role is bound.
pub fn watch_rules(kinds: &Kinds) -> Vec<PolicyRule> {
    let mut rules = Vec::new();
    for row in kinds.rows().iter().filter(|row| !row.is_cluster_wide()) {
        if row.watched().contains(&Side::Host) {
            let api = row.kind.api();
            add(&mut rules, api.group, api.plural.to_owned(), &WATCH);
        }
    }
    rules
}

/// What replicas need to elect one of them.
pub fn election_rule() -> PolicyRule {
    rule("coordination.k8s.io", &["leases"], &["get", "list", "watch", "create", "update"])
}

/// Adds a resource to the rule that has its group and verbs.
fn add(rules: &mut Vec<PolicyRule>, group: &str, resource: String, verbs: &[&str]) {
    let same = rules.iter_mut().find(|rule| {
        rule.verbs.iter().eq(verbs) && rule.api_groups.iter().flatten().any(|other| other == group)
    });
    match same {
        Some(rule) => {
            let resources = rule.resources.get_or_insert_default();
            // Of one resource there can be several kinds.
            if !resources.contains(&resource) {
                resources.push(resource);
            }
        }
        None => rules.push(rule(group, &[&resource], verbs)),
    }
}

pub(super) fn rule(group: &str, resources: &[&str], verbs: &[&str]) -> PolicyRule {
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
    use crate::{
        kinds::{Row, TABLE},
        role::denied,
    };

    fn resources(rules: &[PolicyRule]) -> Vec<&str> {
        rules.iter().flat_map(|rule| rule.resources.iter().flatten()).map(String::as_str).collect()
    }

    #[test]
    fn nothing_that_is_denied_is_in_the_role() {
        for access in denied().iter().filter(|access| !access.everywhere) {
            let full = if access.subresource.is_empty() {
                access.resource.to_owned()
            } else {
                format!("{}/{}", access.resource, access.subresource)
            };
            let granted = role_rules().iter().any(|rule| {
                rule.api_groups.iter().flatten().any(|group| group == access.group)
                    && resources(std::slice::from_ref(rule)).contains(&full.as_str())
                    && rule.verbs.iter().any(|verb| verb == access.verb)
            });
            assert!(!granted, "{access:?}");
        }
    }

    #[test]
    fn what_is_not_there_by_default_is_in_no_default_role_and_in_the_one_that_is_asked_for() {
        let ours = role_rules();
        for row in TABLE.iter().filter(|row| row.on != On::Default && !row.grants.is_empty()) {
            let plural = row.kind.api().plural;
            let is_writer = |row: &Row| row.grants.iter().any(|grant| grant.verbs.contains(&"create"));
            assert!(!is_writer(row) || !resources(&ours).contains(&plural), "{plural}");
            let wider = rules(&Kinds::default().with(*row).expect("one option"));
            let list = if row.is_cluster_wide() { &wider.cluster } else { &wider.namespaced };
            assert!(resources(list).contains(&plural), "{plural}");
        }
    }

    #[test]
    fn who_watches_all_namespaces_may_list_and_watch_there_what_is_watched_and_nothing_else() {
        let rules = watch_rules(&Kinds::default().only(|row| row.on == On::Default));
        assert!(rules.iter().all(|rule| rule.verbs == ["list", "watch"]), "{rules:?}");
        assert_eq!(
            resources(&rules),
            ["services", "configmaps", "secrets", "persistentvolumeclaims", "pods", "events"]
        );
    }

    #[test]
    fn resources_with_the_same_verbs_share_a_rule() {
        let pods =
            role_rules().into_iter().filter(|rule| resources(std::slice::from_ref(rule)) == ["pods"]).count();
        assert_eq!(pods, 1);
        let ours = role_rules();
        let copies = ours.iter().find(|rule| resources(std::slice::from_ref(*rule)).contains(&"services"));
        assert!(resources(&[copies.expect("a rule").clone()]).contains(&"configmaps"));
    }
}
