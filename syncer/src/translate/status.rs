//! A host pod's status as the tenant sees it.

use serde_json::{Map, Value, json};

use crate::json;

/// The fields that a kubelet owns and nobody else writes.
const FIELDS: [&str; 12] = [
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
];

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

/// What a status is translated with.
#[derive(Clone, Debug)]
pub struct View<'a> {
    /// The host pod's name, which messages may hold.
    pub host_name: &'a str,
    /// The tenant's name for it.
    pub tenant_name: &'a str,
    /// The address of the tenant's Node.
    pub node_address: &'a str,
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

/// What the tenant's status is to be, in the form of [`owned`]. `tenant` is the tenant's pod, read only for its
/// readiness gates, whose conditions others write there.
pub fn wanted(host_status: &Value, tenant: &Value, view: &View<'_>) -> Value {
    let mut wanted = owned(host_status);
    if let Some(wanted) = wanted.as_object_mut() {
        if wanted.contains_key("hostIP") {
            wanted.insert("hostIP".to_owned(), json!(view.node_address));
            wanted.insert("hostIPs".to_owned(), json!([{ "ip": view.node_address }]));
        }
        rename(wanted.get_mut("message"), view);
    }
    for condition in json::list_mut(&mut wanted, "conditions") {
        rename(condition.get_mut("message"), view);
        if let Some(gate) = closed_gate(tenant)
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

fn rename(message: Option<&mut Value>, view: &View<'_>) {
    if let Some(Value::String(text)) = message
        && text.contains(view.host_name)
    {
        *text = text.replace(view.host_name, view.tenant_name);
    }
}

/// A readiness gate of the tenant's pod that is not open.
fn closed_gate(tenant: &Value) -> Option<&str> {
    let is_open = |gate: &str| {
        json::list(&tenant["status"]["conditions"])
            .any(|condition| condition["type"] == gate && condition["status"] == "True")
    };
    json::list(&tenant["spec"]["readinessGates"])
        .filter_map(|gate| json::text(&gate["conditionType"]))
        .find(|gate| !is_open(gate))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEW: View<'static> =
        View { host_name: "web-x-shop-x-vc", tenant_name: "web", node_address: "10.0.0.9" };

    fn host() -> Value {
        json!({
            "phase": "Running", "qosClass": "BestEffort", "observedGeneration": 4,
            "hostIP": "172.18.0.2", "hostIPs": [{"ip": "172.18.0.2"}], "podIP": "10.1.0.3", "podIPs": [{"ip": "10.1.0.3"}],
            "conditions": [
                {"type": "Ready", "status": "True", "observedGeneration": 4},
                {"type": "mesh.example/injected", "status": "True"},
                {"type": "Initialized", "status": "True", "message": "web-x-shop-x-vc is up"},
            ],
        })
    }

    #[test]
    fn the_hosts_own_conditions_and_generations_stay_on_the_host() {
        insta::assert_json_snapshot!(wanted(&host(), &json!({}), &VIEW), @r#"
        {
          "conditions": [
            {
              "message": "web is up",
              "status": "True",
              "type": "Initialized"
            },
            {
              "status": "True",
              "type": "Ready"
            }
          ],
          "hostIP": "10.0.0.9",
          "hostIPs": [
            {
              "ip": "10.0.0.9"
            }
          ],
          "phase": "Running",
          "podIP": "10.1.0.3",
          "podIPs": [
            {
              "ip": "10.1.0.3"
            }
          ]
        }
        "#);
    }

    #[test]
    fn what_was_written_compares_equal_to_what_is_wanted() {
        let wanted = wanted(&host(), &json!({}), &VIEW);
        assert_eq!(owned(&wanted), wanted);
    }

    #[test]
    fn a_pod_is_ready_only_when_its_tenants_gates_are_open() {
        let mut tenant =
            json!({"spec": {"readinessGates": [{"conditionType": "example.com/go"}]}, "status": {}});
        let ready = |tenant: &Value| {
            let wanted = wanted(&host(), tenant, &VIEW);
            json::list(&wanted["conditions"]).find(|c| c["type"] == "Ready").map(|c| c["status"].clone())
        };
        assert_eq!(ready(&tenant), Some(json!("False")));
        tenant["status"] = json!({"conditions": [{"type": "example.com/go", "status": "True"}]});
        assert_eq!(ready(&tenant), Some(json!("True")));
    }

    #[test]
    fn the_patch_names_no_condition_that_the_syncer_does_not_own() {
        let patch = patch(&wanted(&host(), &json!({}), &VIEW), "u");
        let types: Vec<_> = json::list(&patch["status"]["conditions"]).map(|c| c["type"].clone()).collect();
        assert_eq!(types, ["Initialized", "Ready"]);
        assert_eq!(patch["metadata"]["uid"], "u");
    }
}
