//! A host pod's status as the tenant sees it.

pub mod gates;

use serde_json::{Map, Value, json};

use super::event::Wording;
use crate::{
    index::{Id, hash},
    json,
    names::{Names, marks},
    object::Object,
};

/// The fields that a kubelet owns and nobody else writes. The class of service is each API server's own reckoning.
const FIELDS: [&str; 14] = [
    "phase",
    "message",
    "reason",
    "hostIP",
    "hostIPs",
    "podIP",
    "podIPs",
    "startTime",
    "containerStatuses",
    "initContainerStatuses",
    "ephemeralContainerStatuses",
    "resize",
    "resources",
    "allocatedResources",
];

/// The fields with a status for each container.
const CONTAINERS: [&str; 3] = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];

/// The conditions that a kubelet or a scheduler writes. Any other in the tenant belongs to someone there, and any
/// other on the host is the host's own affair.
const CONDITIONS: [&str; 8] = [
    "PodScheduled",
    "PodReadyToStartContainers",
    "Initialized",
    "ContainersReady",
    "Ready",
    "DisruptionTarget",
    "PodResizePending",
    "PodResizeInProgress",
];

/// What a host pod's status is translated with.
#[derive(Debug)]
pub struct View<'a> {
    words: Wording<'a>,
    /// The containers that are the tenant's. The host may have added others.
    containers: Vec<&'a str>,
    node_address: &'a str,
}

impl<'a> View<'a> {
    /// The view of the tenant's pod `id` on its host pod. `node_address`: that of the tenant's Node.
    pub fn of(host: &'a Object, id: &'a Id, names: &'a Names, node_address: &'a str) -> Self {
        let tenant_uid = host.annotation(marks::UID).unwrap_or_default();
        Self {
            words: Wording::new(names, &id.namespace).with_object(id).with(host.uid(), tenant_uid),
            containers: host.annotation(marks::CONTAINERS).unwrap_or_default().split(',').collect(),
            node_address,
        }
    }

    fn is_tenants(&self, container: &Value) -> bool {
        container.as_str().is_some_and(|name| self.containers.contains(&name))
    }

    fn reword(&self, message: Option<&mut Value>) {
        if let Some(Value::String(text)) = message {
            *text = self.words.of(&self.without_added(text));
        }
    }

    /// Kubelets list containers, as in `containers with unready status: [a b]`.
    fn without_added(&self, text: &str) -> String {
        let Some((before, rest)) = text.split_once("status: [") else { return text.to_owned() };
        let Some((list, after)) = rest.split_once(']') else { return text.to_owned() };
        let own: Vec<&str> = list.split(' ').filter(|name| self.containers.contains(name)).collect();
        format!("{before}status: [{}]{after}", own.join(" "))
    }
}

/// Whether a pod has got a node from a scheduler, or in the tenant from us.
pub fn is_scheduled(status: &Value) -> bool {
    json::list(&status["conditions"])
        .any(|condition| condition["type"] == "PodScheduled" && condition["status"] == "True")
}

/// The part of a status that the syncer writes, in a form that can be compared.
pub fn owned(status: &Value) -> Value {
    let mut owned = json::pick(status, &FIELDS);
    let mut conditions: Vec<Value> = json::list(&status["conditions"])
        .filter(|condition| json::text(&condition["type"]).is_some_and(|kind| CONDITIONS.contains(&kind)))
        .map(|condition| {
            let mut condition = condition.clone();
            // It counts the generations of the pod that it is on, and the two pods' differ.
            json::remove(&mut condition, &["observedGeneration"]);
            condition
        })
        .collect();
    conditions.sort_by_cached_key(|condition| json::text(&condition["type"]).map(str::to_owned));
    if !conditions.is_empty() {
        owned.insert("conditions".to_owned(), Value::Array(conditions));
    }
    owned.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
    Value::Object(owned)
}

/// A hash of a status in the form of [`owned`], to tell whether there is something to write. That a pod is scheduled is
/// left out: the tenant's API server writes it when the pod is bound, with its own time.
pub fn digest(mut owned: Value) -> u64 {
    let is_said_by_binding =
        |condition: &Value| condition["type"] == "PodScheduled" && condition["status"] == "True";
    if let Some(owned) = owned.as_object_mut()
        && let Some(conditions) = owned.get_mut("conditions").and_then(Value::as_array_mut)
    {
        conditions.retain(|condition| !is_said_by_binding(condition));
        if conditions.is_empty() {
            owned.remove("conditions");
        }
    }
    hash(&owned)
}

/// What the tenant's status is to be, in the form of [`owned`]. `tenant` is the tenant's pod, read only for its
/// readiness gates, whose conditions others write there.
pub fn wanted(host_status: &Value, tenant: &Value, view: &View<'_>) -> Value {
    let mut wanted = owned(host_status);
    if let Some(wanted) = wanted.as_object_mut() {
        if wanted.contains_key("hostIP") {
            wanted.insert("hostIP".to_owned(), json!(view.node_address));
            wanted.insert("hostIPs".to_owned(), json!([{ "ip": view.node_address }]));
        }
        view.reword(wanted.get_mut("message"));
        CONTAINERS.into_iter().for_each(|field| own_containers(wanted, field, view));
    }
    for condition in json::list_mut(&mut wanted, "conditions") {
        view.reword(condition.get_mut("message"));
        if let Some(gate) = gates::closed(tenant)
            && condition["type"] == "Ready"
            && condition["status"] == "True"
            && let Some(condition) = condition.as_object_mut()
        {
            condition.insert("status".to_owned(), json!("False"));
            condition.insert("reason".to_owned(), json!("ReadinessGatesNotReady"));
            condition.insert(
                "message".to_owned(),
                json!(format!("the status of pod readiness gate {gate:?} is not True")),
            );
        }
    }
    wanted
}

/// A strategic merge patch that makes a tenant pod's status `wanted`, and touches no condition besides those in it.
/// Refused by the API server for any pod but the one with this uid.
pub fn patch(wanted: &Value, uid: &str) -> Value {
    let mut status = wanted.as_object().cloned().unwrap_or_default();
    for field in FIELDS {
        if !status.contains_key(field) {
            status.insert(field.to_owned(), Value::Null);
        }
    }
    replace_whole(&mut status, "podIPs");
    replace_whole(&mut status, "hostIPs");
    json!({ "metadata": { "uid": uid }, "status": status })
}

/// These lists merge by address unless told otherwise, and an address that is gone would stay.
fn replace_whole(status: &mut Map<String, Value>, field: &str) {
    if let Some(list) = status.get_mut(field).and_then(Value::as_array_mut) {
        list.push(json!({ "$patch": "replace" }));
    }
}

/// Leaves out the containers that the host has added, and translates what is said of the others.
fn own_containers(status: &mut Map<String, Value>, field: &str, view: &View<'_>) {
    let Some(Value::Array(list)) = status.get_mut(field) else { return };
    list.retain(|container| view.is_tenants(&container["name"]));
    for container in list.iter_mut() {
        for (state, kind) in
            ["state", "lastState"].into_iter().flat_map(|state| [(state, "waiting"), (state, "terminated")])
        {
            let of_kind = container.get_mut(state).and_then(|state| state.get_mut(kind));
            view.reword(of_kind.and_then(|state| state.get_mut("message")));
        }
    }
    if list.is_empty() {
        status.remove(field);
    }
}

#[cfg(test)]
mod tests;
