//! What a Pod's labels and status say.

use k8s_openapi::api::core::v1::{Pod, PodCondition};

use super::super::names;

fn label<'a>(pod: &'a Pod, key: &str) -> Option<&'a str> {
    pod.metadata.labels.as_ref()?.get(key).map(String::as_str)
}

pub(super) fn is_head(pod: &Pod) -> bool {
    label(pod, names::NODE_TYPE) == Some(names::HEAD)
}

pub(super) fn is_worker(pod: &Pod) -> bool {
    label(pod, names::NODE_TYPE) == Some(names::WORKER)
}

pub(super) fn in_group(pod: &Pod, group: &str) -> bool {
    is_worker(pod) && label(pod, names::GROUP) == Some(group)
}

fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()
}

/// A Pod in these phases never runs again: a Ray node that stopped has left its cluster, however it ended.
pub(super) fn has_ended(pod: &Pod) -> bool {
    matches!(phase(pod), "Failed" | "Succeeded")
}

/// Whether it runs, ready or not.
pub(super) fn is_running(pod: &Pod) -> bool {
    phase(pod) == "Running"
}

/// The Pod's own word on whether it is ready.
pub(super) fn ready_condition(pod: &Pod) -> Option<&PodCondition> {
    pod.status.as_ref()?.conditions.as_ref()?.iter().find(|condition| condition.type_ == "Ready")
}

/// Whether it runs and is ready.
pub(super) fn is_ready(pod: &Pod) -> bool {
    is_running(pod) && ready_condition(pod).is_some_and(|condition| condition.status == "True")
}
