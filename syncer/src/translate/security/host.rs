//! What a pod would share with its node: namespaces, files, ports, and on Windows the host's own process table.

use serde_json::json;

use super::{
    Violation,
    subject::{Subject, containers, plural, quoted, setters},
};
use crate::json;

pub(super) fn namespaces(pod: &Subject<'_>) -> Option<Violation> {
    let set: Vec<String> = ["hostNetwork", "hostPID", "hostIPC"]
        .into_iter()
        .filter(|field| pod.spec[*field] == json!(true))
        .map(|field| format!("{field}=true"))
        .collect();
    (!set.is_empty()).then(|| Violation { control: "host namespaces", detail: set.join(", ") })
}

pub(super) fn paths(pod: &Subject<'_>) -> Option<Violation> {
    let volumes: Vec<&str> = json::list(&pod.spec["volumes"])
        .filter(|volume| !volume["hostPath"].is_null())
        .map(|volume| volume["name"].as_str().unwrap_or_default())
        .collect();
    let detail = format!("{} {}", plural("volume", volumes.len()), quoted(&volumes));
    (!volumes.is_empty()).then_some(Violation { control: "hostPath volumes", detail })
}

pub(super) fn ports(pod: &Subject<'_>) -> Option<Violation> {
    let (mut names, mut ports) = (Vec::new(), Vec::new());
    for (name, container) in pod.containers() {
        let own: Vec<i64> = json::list(&container["ports"])
            .filter_map(|port| port["hostPort"].as_i64())
            .filter(|port| *port != 0)
            .collect();
        if !own.is_empty() {
            names.push(name);
            ports.extend(own);
        }
    }
    ports.sort_unstable();
    ports.dedup();
    let verb = if names.len() == 1 { "uses" } else { "use" };
    let list = ports.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    let detail = format!("{} {verb} {} {list}", containers(&names), plural("hostPort", ports.len()));
    (!names.is_empty()).then_some(Violation { control: "hostPort", detail })
}

pub(super) fn process(pod: &Subject<'_>) -> Option<Violation> {
    let who: Vec<_> = pod
        .contexts()
        .filter(|(_, context)| context["windowsOptions"]["hostProcess"] == json!(true))
        .map(|(setter, _)| setter)
        .collect();
    let detail = format!("{} must not set securityContext.windowsOptions.hostProcess=true", setters(&who));
    (!who.is_empty()).then_some(Violation { control: "hostProcess", detail })
}
