//! Probes and lifecycle hooks: their `host` would have the kubelet, on the node's network, call any address.

use serde_json::Value;

use super::{
    Violation,
    subject::{Setter, Subject, forbidden, plural},
};
use crate::json;

pub(super) fn host(pod: &Subject<'_>) -> Option<Violation> {
    let found = pod.containers().flat_map(|(name, container)| {
        handlers(container)
            .flat_map(|handler| ["httpGet", "tcpSocket"].map(|action| &handler[action]["host"]))
            .filter_map(json::text)
            .map(move |host| (Setter::Container(name), host))
    });
    forbidden("probe or lifecycle host", found, |who, hosts| {
        let verb = if who.starts_with("containers") { "use" } else { "uses" };
        let count = if hosts.contains("\", \"") { 2 } else { 1 };
        format!("{who} {verb} probe or lifecycle {} {hosts}", plural("host", count))
    })
}

fn handlers(container: &Value) -> impl Iterator<Item = &Value> {
    let probes = ["livenessProbe", "readinessProbe", "startupProbe"].map(|probe| &container[probe]);
    let hooks = ["postStart", "preStop"].map(|hook| &container["lifecycle"][hook]);
    probes.into_iter().chain(hooks)
}
