//! Who wrote what in a tenant's namespace: the proof that nobody acted behind the tenant's back.

use std::collections::BTreeMap;

use crate::observe::audit_log::Request;

/// What the platform team itself may write in a tenant's namespace: the fence around it.
const FENCE: [&str; 5] = ["namespaces", "resourcequotas", "limitranges", "networkpolicies", "rolebindings"];

/// Kubernetes' own identities, which act on whatever users create.
const SYSTEM: [&str; 4] =
    ["system:apiserver", "system:kube-controller-manager", "system:kube-scheduler", "system:node:"];

/// The service accounts of Kubernetes' own controllers.
const CONTROLLERS: &str = "system:serviceaccount:kube-system:";

/// The identity of simulated nodes.
const NODES: &str = "tenantbench:nodes";

/// The writes in one tenant's namespace, by who made them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Actors {
    /// Writes by user name.
    pub writes: BTreeMap<String, usize>,
    /// `user verb resource`: writes that nobody should have made.
    pub strangers: Vec<String>,
}

/// Sorts the writes among `requests` in the namespace of `tenant` by author. `own` are the users that act for the tenant: itself, its
/// syncer, its own service accounts; `platform` is the platform team's.
pub fn actors(requests: &[Request], tenant: &str, own: &[String], platform: &str) -> Actors {
    let mut found = Actors::default();
    let inside = requests.iter().filter(|request| request.is_write()).filter(|write| {
        write.object.namespace == tenant
            || (write.object.resource == "namespaces" && write.object.name == tenant)
    });
    for write in inside {
        *found.writes.entry(write.user.clone()).or_default() += 1;
        if write.impersonated.is_some() || !may(write, own, platform) {
            found.strangers.push(format!("{} {} {}", write.user, write.verb, write.object.resource));
        }
    }
    found.strangers.sort();
    found.strangers.dedup();
    found
}

fn may(write: &Request, own: &[String], platform: &str) -> bool {
    let user = write.user.as_str();
    if user == platform {
        return FENCE.contains(&write.object.resource.as_str());
    }
    own.iter().any(|one| one == user)
        || SYSTEM.iter().any(|system| user.starts_with(system))
        || user.starts_with(CONTROLLERS)
        || user == NODES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::audit_log::ObjectRef;

    const PLATFORM: &str = "the-platform";

    fn write(user: &str, resource: &str) -> Request {
        Request {
            verb: "create".into(),
            user: user.into(),
            impersonated: None,
            object: ObjectRef { resource: resource.into(), namespace: "t".into(), ..ObjectRef::default() },
            code: 201,
            received: jiff::Timestamp::UNIX_EPOCH,
            completed: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_platform_may_build_the_fence_but_not_act_for_the_tenant() {
        let own = ["tenantbench:t".to_owned()];
        let fence = actors(&[write(PLATFORM, "resourcequotas")], "t", &own, PLATFORM);
        assert!(fence.strangers.is_empty());
        let behind_the_back = actors(&[write(PLATFORM, "pods")], "t", &own, PLATFORM);
        assert_eq!(behind_the_back.strangers, ["the-platform create pods"]);
    }

    #[test]
    fn impersonation_is_a_stranger_even_of_an_allowed_user() {
        let own = ["tenantbench:t".to_owned()];
        let mut as_someone = write("tenantbench:t", "pods");
        as_someone.impersonated = Some("admin".into());
        assert_eq!(actors(&[as_someone], "t", &own, PLATFORM).strangers.len(), 1);
    }

    #[test]
    fn another_tenants_user_in_this_namespace_is_a_stranger() {
        let own = ["tenantbench:t".to_owned()];
        let found = actors(
            &[write("tenantbench:other", "pods"), write("tenantbench:t", "pods")],
            "t",
            &own,
            PLATFORM,
        );
        assert_eq!(found.strangers, ["tenantbench:other create pods"]);
        assert_eq!(found.writes.len(), 2);
    }
}
