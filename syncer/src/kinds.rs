//! The kinds that are synced: where each lives, which way it goes and what it needs on the host.

use kube::core::ApiResource;

/// One of the two clusters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The virtual cluster, whose users know nothing of the host.
    Tenant,
    /// The cluster that runs its pods.
    Host,
}

/// A kind that the syncer watches or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// v1 Pod.
    Pod,
    /// v1 Service.
    Service,
    /// v1 ConfigMap.
    ConfigMap,
    /// v1 Secret.
    Secret,
    /// v1 Endpoints.
    Endpoints,
    /// discovery.k8s.io/v1 EndpointSlice.
    EndpointSlice,
    /// v1 Event.
    Event,
    /// v1 Node.
    Node,
    /// coordination.k8s.io/v1 Lease.
    Lease,
}

/// Which way a kind's content goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Made by the tenant, copied to the host.
    Down,
    /// Made by the tenant, copied to the host; its status comes back.
    DownAndStatusUp,
    /// Made by the host, copied to the tenant.
    Up,
    /// Made by us in the tenant; the host's are never read.
    Synthesised,
}

/// When a tenant's object of a kind is wanted on the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Always.
    All,
    /// While a synced pod names it.
    Referenced,
    /// While the Service that it belongs to has no selector, so that the host cannot make it.
    WithoutSelector,
    /// Only those that concern a synced object.
    OfSynced,
    /// One for each host node that runs a synced pod.
    InUse,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The kind.
    pub kind: Kind,
    /// Its API group; empty for the core one.
    pub group: &'static str,
    /// Its kind as the API spells it.
    pub name: &'static str,
    /// Its plural as paths spell it.
    pub plural: &'static str,
    /// Which way it goes.
    pub direction: Direction,
    /// Which objects of it.
    pub scope: Scope,
    /// Whether it is synced only where the host's Role allows more than `admin` does.
    pub needs_more_than_admin: bool,
}

/// Every kind, in the order in which they are listed at start.
pub const TABLE: [Row; 8] = [
    row(Kind::Service, "", "Service", "services", Direction::DownAndStatusUp, Scope::All, false),
    row(Kind::ConfigMap, "", "ConfigMap", "configmaps", Direction::Down, Scope::Referenced, false),
    row(Kind::Secret, "", "Secret", "secrets", Direction::Down, Scope::Referenced, false),
    row(Kind::Pod, "", "Pod", "pods", Direction::DownAndStatusUp, Scope::All, false),
    row(Kind::Event, "", "Event", "events", Direction::Up, Scope::OfSynced, false),
    row(Kind::Node, "", "Node", "nodes", Direction::Synthesised, Scope::InUse, false),
    row(Kind::Endpoints, "", "Endpoints", "endpoints", Direction::Down, Scope::WithoutSelector, true),
    row(
        Kind::EndpointSlice,
        "discovery.k8s.io",
        "EndpointSlice",
        "endpointslices",
        Direction::Down,
        Scope::WithoutSelector,
        true,
    ),
];

const LEASE: Row =
    row(Kind::Lease, "coordination.k8s.io", "Lease", "leases", Direction::Synthesised, Scope::InUse, false);

const fn row(
    kind: Kind,
    group: &'static str,
    name: &'static str,
    plural: &'static str,
    direction: Direction,
    scope: Scope,
    needs_more_than_admin: bool,
) -> Row {
    Row { kind, group, name, plural, direction, scope, needs_more_than_admin }
}

impl Kind {
    /// The kind's row.
    pub fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.kind == self).unwrap_or(&LEASE)
    }

    /// What kube needs to watch it.
    pub fn resource(self) -> ApiResource {
        let row = self.row();
        ApiResource {
            group: row.group.to_owned(),
            version: "v1".to_owned(),
            api_version: self.api_version(),
            kind: row.name.to_owned(),
            plural: row.plural.to_owned(),
        }
    }

    /// `v1` or `GROUP/v1`.
    pub fn api_version(self) -> String {
        let group = self.row().group;
        if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") }
    }

    /// The path of an object, or of the whole collection where `name` is empty.
    pub fn path(self, namespace: &str, name: &str) -> String {
        let row = self.row();
        let mut path =
            if row.group.is_empty() { "/api/v1".to_owned() } else { format!("/apis/{}/v1", row.group) };
        if !namespace.is_empty() {
            path.push_str("/namespaces/");
            path.push_str(namespace);
        }
        path.push('/');
        path.push_str(row.plural);
        if !name.is_empty() {
            path.push('/');
            path.push_str(name);
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_api() {
        assert_eq!(Kind::Pod.path("ns", "p"), "/api/v1/namespaces/ns/pods/p");
        assert_eq!(Kind::Node.path("", ""), "/api/v1/nodes");
        assert_eq!(
            Kind::Lease.path("kube-node-lease", "n"),
            "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n"
        );
    }
}
