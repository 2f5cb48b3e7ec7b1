//! The table.

use super::{
    Custom,
    Direction::{self, Aside, Down, DownAndStatusUp, Local, Synthesised, Up},
    Grant, Kind,
    On::{self, WhereGranted},
    Row,
    Scope::{self, All, InUse, OfSynced, Referenced, WithoutSelector},
};

const READ: &[Grant] = &[on("", &["get", "list", "watch"])];
/// A copy is made, written whole, and removed.
const COPY: &[Grant] = &[on("", &["get", "list", "watch", "create", "update", "delete"])];
const PODS: &[Grant] = &[
    on("", &["get", "list", "watch", "create", "patch", "delete"]),
    on("log", &["get"]),
    // A WebSocket is opened by GET and authorised as create too; SPDY by POST.
    on("exec", &["get", "create"]),
    on("attach", &["get", "create"]),
    on("portforward", &["get", "create"]),
];

/// Every way of syncing every kind, in the order in which the kinds are listed at start: first what others wait for.
pub static TABLE: &[Row] = &[
    row(Kind::Service, DownAndStatusUp, All, On::Default, "service", COPY),
    row(Kind::ConfigMap, Down, Referenced, On::Default, "content", COPY),
    row(Kind::Secret, Down, Referenced, On::Default, "content", COPY),
    row(Kind::PersistentVolumeClaim, DownAndStatusUp, All, On::Default, "claim", COPY),
    row(Kind::PersistentVolume, Synthesised, InUse, On::Default, "claim", &[]),
    row(Kind::Namespace, Local, All, On::Default, "selector", &[]),
    row(Kind::Pod, DownAndStatusUp, All, On::Default, "pod", PODS),
    row(
        Kind::EphemeralContainers,
        Down,
        All,
        On::Option("ephemeral-containers"),
        "pod",
        &[on("ephemeralcontainers", &["patch"])],
    ),
    row(Kind::PodResize, Down, All, On::Option("resize"), "pod", &[on("resize", &["patch"])]),
    row(Kind::ReadinessGates, Down, All, On::Option("readiness-gates"), "pod", &[on("status", &["patch"])]),
    // With the rights of the row of Secrets.
    row(Kind::PodToken, Aside, OfSynced, On::Default, "pod", &[]),
    row(Kind::Event, Up, OfSynced, On::Default, "event", READ),
    row(Kind::Node, Synthesised, InUse, On::Default, "node", &[]),
    row(Kind::Node, Up, InUse, On::Option("host-nodes"), "node", READ),
    row(Kind::Lease, Synthesised, InUse, On::Default, "node", &[]),
    row(Kind::StorageClass, Up, All, On::Option("host-storageclasses"), "host_class", READ),
    row(Kind::IngressClass, Up, All, On::Option("host-ingressclasses"), "host_class", READ),
    row(Kind::RuntimeClass, Up, All, On::Option("host-runtimeclasses"), "host_class", READ),
    row(Kind::PriorityClass, Up, All, On::Option("host-priorityclasses"), "host_class", READ),
    row(Kind::Ingress, DownAndStatusUp, All, On::Option("ingresses"), "ingress", COPY),
    row(Kind::NetworkPolicy, Down, All, On::Option("networkpolicies"), "policy", COPY),
    row(Kind::PodDisruptionBudget, Down, All, On::Option("poddisruptionbudgets"), "budget", COPY),
    row(Kind::ServiceAccount, Down, All, On::Option("serviceaccounts"), "account", COPY),
    row(Kind::PriorityClass, Down, All, On::Option("priorityclasses"), "own_class", COPY),
    row(Kind::StorageClass, Down, All, On::Option("storageclasses"), "own_class", COPY),
    row(Kind::Endpoints, Down, WithoutSelector, WhereGranted("endpoints"), "endpoints", COPY),
    row(Kind::EndpointSlice, Down, WithoutSelector, WhereGranted("endpointslices"), "endpoints", COPY),
];

impl Row {
    /// The row of a custom kind, which no table can hold.
    pub fn of_custom(custom: Custom) -> Self {
        row(Kind::Custom(custom), DownAndStatusUp, All, On::Listed, "custom", COPY)
    }
}

const fn on(subresource: &'static str, verbs: &'static [&'static str]) -> Grant {
    Grant { subresource, verbs }
}

const fn row(
    kind: Kind,
    direction: Direction,
    scope: Scope,
    on: On,
    translator: &'static str,
    grants: &'static [Grant],
) -> Row {
    Row { kind, direction, scope, on, translator, grants }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_option_has_two_rows_and_none_that_is_on_by_default_shares_its_kind() {
        let mut options = HashSet::new();
        let mut defaults = HashSet::new();
        for row in TABLE {
            match row.on {
                On::Option(name) => assert!(options.insert(name), "{name} twice"),
                _ => assert!(defaults.insert(row.kind), "{:?} twice", row.kind),
            }
        }
    }
}
