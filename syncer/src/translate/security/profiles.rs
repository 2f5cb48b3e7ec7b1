//! Profiles of the kernel's security modules, and what of /proc a container sees.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Violation,
    subject::{Setter, Subject, containers, forbidden, plural, quoted, setters},
};
use crate::json;

const APP_ARMOR_ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";
const SE_LINUX_TYPES: [&str; 5] =
    ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

pub(super) fn seccomp_baseline(pod: &Subject<'_>) -> Option<Violation> {
    forbidden("seccompProfile", types(pod, "seccompProfile", &["RuntimeDefault", "Localhost"]), must_not_be)
}

pub(super) fn seccomp_restricted(pod: &Subject<'_>) -> Option<Violation> {
    const CONTROL: &str = "seccompProfile";
    if pod.is_windows() {
        return None;
    }
    if let Some(violation) = seccomp_baseline(pod) {
        return Some(violation);
    }
    let is_set = |context: &Value| context["seccompProfile"]["type"].is_string();
    if is_set(&pod.spec["securityContext"]) {
        return None;
    }
    let unset = pod.names(|container| !is_set(&container["securityContext"]));
    let detail = format!(
        "pod or {} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"",
        containers(&unset)
    );
    (!unset.is_empty()).then_some(Violation { control: CONTROL, detail })
}

fn must_not_be(who: &str, which: &str) -> String {
    format!("{who} must not set securityContext.seccompProfile.type to {which}")
}

/// Where a profile's type is set and is none of those.
fn types<'a>(
    pod: &Subject<'a>,
    profile: &'static str,
    allowed: &'static [&str],
) -> impl Iterator<Item = (Setter<'a>, &'a str)> + use<'a> {
    pod.contexts().filter_map(move |(setter, context)| {
        let kind = context[profile]["type"].as_str()?;
        (!allowed.contains(&kind)).then_some((setter, kind))
    })
}

/// An API server keeps the annotation of former versions in line with the field; both count.
pub(super) fn app_armor(pod: &Subject<'_>) -> Option<Violation> {
    let (mut who, kinds): (Vec<_>, Vec<_>) =
        types(pod, "appArmorProfile", &["RuntimeDefault", "Localhost"]).unzip();
    who.dedup();
    let annotations: Vec<String> = json::entries(pod.annotations)
        .filter(|(key, value)| key.starts_with(APP_ARMOR_ANNOTATION) && !is_allowed_by_name(value))
        .map(|(key, value)| format!("{key}=\"{value}\""))
        .collect();
    let values: BTreeSet<&str> = kinds.into_iter().chain(annotations.iter().map(String::as_str)).collect();
    let fields = (!who.is_empty()).then(|| setters(&who));
    let annotated = (!annotations.is_empty()).then(|| plural("annotation", annotations.len()));
    let who: Vec<String> = fields.into_iter().chain(annotated).collect();
    let control =
        if values.len() == 1 { "forbidden AppArmor profile" } else { "forbidden AppArmor profiles" };
    let detail = format!("{} must not set AppArmor profile type to {}", who.join(" and "), quoted(&values));
    (!values.is_empty()).then_some(Violation { control, detail })
}

fn is_allowed_by_name(profile: &str) -> bool {
    profile.is_empty() || profile == "runtime/default" || profile.starts_with("localhost/")
}

pub(super) fn se_linux(pod: &Subject<'_>) -> Option<Violation> {
    let (mut who, mut types, mut user, mut role) = (Vec::new(), Vec::new(), false, false);
    for (setter, context) in pod.contexts() {
        let options = &context["seLinuxOptions"];
        let kind = options["type"].as_str().unwrap_or_default();
        let bad_type = !SE_LINUX_TYPES.contains(&kind);
        let (sets_user, sets_role) =
            (json::text(&options["user"]).is_some(), json::text(&options["role"]).is_some());
        if bad_type {
            types.push(kind);
        }
        if bad_type || sets_user || sets_role {
            who.push(setter);
        }
        (user, role) = (user || sets_user, role || sets_role);
    }
    types.sort_unstable();
    types.dedup();
    let types = (!types.is_empty()).then(|| format!("{} {}", plural("type", types.len()), quoted(&types)));
    let user = user.then(|| "user may not be set".to_owned());
    let role = role.then(|| "role may not be set".to_owned());
    let details: Vec<String> = [types, user, role].into_iter().flatten().collect();
    let detail =
        format!("{} set forbidden securityContext.seLinuxOptions: {}", setters(&who), details.join("; "));
    (!who.is_empty()).then_some(Violation { control: "seLinuxOptions", detail })
}

/// With a user namespace of its own, a pod's /proc is no danger to the node.
pub(super) fn proc_mount_baseline(pod: &Subject<'_>) -> Option<Violation> {
    if pod.has_own_users() { None } else { proc_mount(pod) }
}

pub(super) fn proc_mount(pod: &Subject<'_>) -> Option<Violation> {
    let found = pod.containers().filter_map(|(name, container)| {
        let kind = container["securityContext"]["procMount"].as_str()?;
        (kind != "Default").then_some((Setter::Container(name), kind))
    });
    forbidden("procMount", found, |who, which| {
        format!("{who} must not set securityContext.procMount to {which}")
    })
}
