//! What the syncer may do on the host, as its API server sees it.

use k8s_openapi::api::rbac::v1::{ClusterRole, PolicyRule};
use kube::Api;
use tenantbench_syncer::role::{denied, may, role_rules};

use crate::support::{HOST_NAMESPACE, World};

/// The rules that make up the built-in `admin`; a controller, which is not running here, gathers them there.
async fn admin_rules(world: &World) -> Vec<PolicyRule> {
    let roles: Api<ClusterRole> = Api::all(world.host.clone());
    let mut rules = Vec::new();
    for part in ["view", "edit", "admin"] {
        let role = roles.get(&format!("system:aggregate-to-{part}")).await.expect("a built-in role");
        rules.extend(role.rules.unwrap_or_default());
    }
    rules
}

fn grants(rule: &PolicyRule, group: &str, resource: &str, verb: &str) -> bool {
    let has = |list: &Option<Vec<String>>, item: &str| {
        list.iter().flatten().any(|other| other == item || other == "*")
    };
    has(&rule.api_groups, group)
        && has(&rule.resources, resource)
        && rule.verbs.iter().any(|v| v == verb || v == "*")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_role_is_part_of_the_built_in_admin_and_holds_nothing_that_is_denied() {
    let world = World::start().await;
    let admin = admin_rules(&world).await;
    for rule in role_rules() {
        for group in rule.api_groups.iter().flatten() {
            for resource in rule.resources.iter().flatten() {
                for verb in &rule.verbs {
                    let is_covered = admin.iter().any(|of_admin| grants(of_admin, group, resource, verb));
                    assert!(is_covered, "admin does not cover {verb} {group}/{resource}");
                }
            }
        }
    }
    for access in denied() {
        let allowed = may(&world.syncer, HOST_NAMESPACE, access).await.expect("may ask");
        assert!(!allowed, "{access:?}");
    }
}
