//! Rights of a process: privileged containers, more rights than the parent's, and the user that it runs as.

use serde_json::{Value, json};

use super::{
    Violation,
    subject::{Setter, Subject, containers, setters},
};

pub(super) fn privileged(pod: &Subject<'_>) -> Option<Violation> {
    let names = pod.names(|container| container["securityContext"]["privileged"] == json!(true));
    let detail = format!("{} must not set securityContext.privileged=true", containers(&names));
    (!names.is_empty()).then_some(Violation { control: "privileged", detail })
}

pub(super) fn escalation(pod: &Subject<'_>) -> Option<Violation> {
    if pod.is_windows() {
        return None;
    }
    let names =
        pod.names(|container| container["securityContext"]["allowPrivilegeEscalation"] != json!(false));
    let detail = format!("{} must set securityContext.allowPrivilegeEscalation=false", containers(&names));
    (!names.is_empty()).then_some(Violation { control: "allowPrivilegeEscalation != false", detail })
}

pub(super) fn non_root(pod: &Subject<'_>) -> Option<Violation> {
    const CONTROL: &str = "runAsNonRoot != true";
    if pod.has_own_users() {
        return None;
    }
    let field = |context: &Value| context["runAsNonRoot"].as_bool();
    let of_pod = field(&pod.spec["securityContext"]);
    let mut wrong: Vec<Setter<'_>> = Vec::new();
    if of_pod == Some(false) {
        wrong.push(Setter::Pod);
    }
    let denied = pod.names(|container| field(&container["securityContext"]) == Some(false));
    wrong.extend(denied.into_iter().map(Setter::Container));
    if !wrong.is_empty() {
        let detail = format!("{} must not set securityContext.runAsNonRoot=false", setters(&wrong));
        return Some(Violation { control: CONTROL, detail });
    }
    let unset = pod.names(|container| field(&container["securityContext"]).or(of_pod).is_none());
    let detail = format!("pod or {} must set securityContext.runAsNonRoot=true", containers(&unset));
    (!unset.is_empty()).then_some(Violation { control: CONTROL, detail })
}

pub(super) fn user(pod: &Subject<'_>) -> Option<Violation> {
    if pod.has_own_users() {
        return None;
    }
    let who: Vec<_> = pod
        .contexts()
        .filter(|(_, context)| context["runAsUser"] == json!(0))
        .map(|(setter, _)| setter)
        .collect();
    let detail = format!("{} must not set runAsUser=0", setters(&who));
    (!who.is_empty()).then_some(Violation { control: "runAsUser=0", detail })
}
