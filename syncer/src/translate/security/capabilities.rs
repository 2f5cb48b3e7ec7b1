//! Linux capabilities.

use serde_json::{Value, json};

use super::{
    Violation,
    subject::{Setter, Subject, containers, forbidden},
};
use crate::json;

/// What a container runtime gives anyway.
const DEFAULT: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];
const RESTRICTED: [&str; 1] = ["NET_BIND_SERVICE"];

pub(super) fn baseline(pod: &Subject<'_>) -> Option<Violation> {
    added("non-default capabilities", pod, &DEFAULT)
}

pub(super) fn restricted(pod: &Subject<'_>) -> Option<Violation> {
    const CONTROL: &str = "unrestricted capabilities";
    if pod.is_windows() {
        return None;
    }
    let drops_all = |container: &Value| {
        json::list(&container["securityContext"]["capabilities"]["drop"]).any(|name| *name == json!("ALL"))
    };
    let keep = pod.names(|container| !drops_all(container));
    let dropped = (!keep.is_empty())
        .then(|| format!("{} must set securityContext.capabilities.drop=[\"ALL\"]", containers(&keep)));
    let added = added(CONTROL, pod, &RESTRICTED).map(|violation| violation.detail);
    let details: Vec<String> = dropped.into_iter().chain(added).collect();
    (!details.is_empty()).then(|| Violation { control: CONTROL, detail: details.join("; ") })
}

fn added(control: &'static str, pod: &Subject<'_>, allowed: &[&str]) -> Option<Violation> {
    let found = pod.containers().flat_map(|(name, container)| {
        json::list(&container["securityContext"]["capabilities"]["add"])
            .filter_map(Value::as_str)
            .filter(|capability| !allowed.contains(capability))
            .map(move |capability| (Setter::Container(name), capability))
    });
    forbidden(control, found, |who, which| {
        format!("{who} must not include {which} in securityContext.capabilities.add")
    })
}
