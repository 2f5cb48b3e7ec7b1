//! Kernel settings of a pod.

use super::{Violation, subject::Subject};
use crate::json;

/// Those that are a pod's own and change nothing on its node.
const SAFE: [&str; 12] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

pub(super) fn unsafe_ones(pod: &Subject<'_>) -> Option<Violation> {
    let found: Vec<&str> = json::list(&pod.spec["securityContext"]["sysctls"])
        .filter_map(|sysctl| sysctl["name"].as_str())
        .filter(|name| !SAFE.contains(name))
        .collect();
    (!found.is_empty()).then(|| Violation { control: "forbidden sysctls", detail: found.join(", ") })
}
