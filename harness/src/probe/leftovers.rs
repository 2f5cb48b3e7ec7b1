//! What outlived a tenant, each with its name, as a leak or with the reason that it is there by design.

use std::collections::BTreeSet;

use tenantbench_reports::Leftover;

use super::inventory::Object;
use crate::names;

/// What the platform installed for all tenants before this one came: it is meant to stay.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    /// Objects, by full name.
    pub objects: BTreeSet<String>,
    /// Processes, ports and files, by name.
    pub machine: BTreeSet<String>,
}

const SHARED: &str = "installed by the platform for all tenants";
const RECORD: &str = "a record, which Kubernetes lets expire after an hour";

/// Judges objects that are on the host after a tenant was deleted and were not there before the round.
pub fn objects(added: &[Object], shared: &Shared) -> Vec<Leftover> {
    added
        .iter()
        .map(|object| Leftover {
            kind: "object".into(),
            name: describe(object),
            by_design: reason(object, shared).map(str::to_owned),
        })
        .collect()
}

/// Judges what is left on the machine.
pub fn machine(added: Vec<Leftover>, shared: &Shared) -> Vec<Leftover> {
    added
        .into_iter()
        .map(|left| Leftover {
            by_design: shared.machine.contains(&left.name).then(|| SHARED.to_owned()),
            ..left
        })
        .collect()
}

fn describe(object: &Object) -> String {
    if object.holds.is_empty() {
        return object.full_name();
    }
    format!("{} ({})", object.full_name(), object.holds.join(", "))
}

fn reason(object: &Object, shared: &Shared) -> Option<&'static str> {
    if object.resource == "events" {
        return Some(RECORD);
    }
    // What the shared installation makes later (a lease, a pod in place of another) is in its own namespace.
    let of_the_platform = !shared.objects.is_empty() && object.namespace == names::PLATFORM_NAMESPACE;
    (of_the_platform || shared.objects.contains(&object.full_name())).then_some(SHARED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(resource: &str, namespace: &str, name: &str) -> Object {
        Object {
            resource: resource.into(),
            namespace: namespace.into(),
            name: name.into(),
            labels: Default::default(),
            holds: Vec::new(),
        }
    }

    #[test]
    fn only_what_the_platform_had_installed_before_the_tenant_came_is_by_design() {
        let crd = object("customresourcedefinitions.apiextensions.k8s.io", "", "rayclusters.ray.io");
        let shared = Shared { objects: [crd.full_name()].into(), ..Shared::default() };
        let foreign = object("clusterroles.rbac.authorization.k8s.io", "", "ray-foreign");
        let lease = object("leases.coordination.k8s.io", names::PLATFORM_NAMESPACE, "leader");
        let judged = objects(&[crd, foreign, lease], &shared);
        assert_eq!(judged.iter().map(|one| one.by_design.is_some()).collect::<Vec<_>>(), [true, false, true]);
    }

    #[test]
    fn nothing_is_by_design_where_the_platform_installed_nothing() {
        let lease = object("leases.coordination.k8s.io", names::PLATFORM_NAMESPACE, "leader");
        assert_eq!(objects(&[lease], &Shared::default())[0].by_design, None);
    }
}
