//! Readiness gates: conditions by which others hold a pod back or let it go, and which go from the tenant to the host.

use serde_json::{Value, json};

use super::CONDITIONS;
use crate::{json, names::marks};

/// What of a condition is carried.
const FIELDS: [&str; 5] = ["type", "status", "reason", "message", "lastTransitionTime"];

/// The gates that a tenant's pod has. A condition that a kubelet writes is nobody else's to open.
pub fn named(spec: &Value) -> Vec<&str> {
    let all = json::list(&spec["readinessGates"]).filter_map(|gate| json::text(&gate["conditionType"]));
    all.filter(|gate| !CONDITIONS.contains(gate)).collect()
}

/// The tenant's gates that a host pod has, as its mark says: the host may have added some of its own.
pub fn carried(host: &Value) -> Vec<&str> {
    let mark = json::text(&host["metadata"]["annotations"][marks::GATES]);
    mark.map(|mark| mark.split(',').collect()).unwrap_or_default()
}

/// What a status says of these gates, in a form that can be compared.
pub fn told(status: &Value, gates: &[&str]) -> Value {
    // The two API servers may date the same word differently.
    let mut all: Vec<Value> =
        of(status, gates).map(|condition| Value::Object(json::pick(condition, &FIELDS[..4]))).collect();
    all.sort_by_cached_key(|condition| json::text(&condition["type"]).map(str::to_owned));
    json!(all)
}

/// A strategic merge patch of the host pod's status that makes its gates what they are in the tenant.
pub fn patch(tenant: &Value, host: &Value) -> Value {
    let gates = carried(host);
    let is_told = |gate: &str| of(&tenant["status"], &gates).any(|condition| condition["type"] == gate);
    let told = of(&tenant["status"], &gates).map(|condition| Value::Object(json::pick(condition, &FIELDS)));
    let lost = of(&host["status"], &gates)
        .filter_map(|condition| json::text(&condition["type"]))
        .filter(|gate| !is_told(gate))
        .map(|gate| json!({ "type": gate, "$patch": "delete" }));
    let conditions: Vec<Value> = told.chain(lost).collect();
    json!({ "metadata": { "uid": host["metadata"]["uid"] }, "status": { "conditions": conditions } })
}

/// A gate of the tenant's pod that is not open.
pub(super) fn closed(tenant: &Value) -> Option<&str> {
    let is_open = |gate: &str| of(&tenant["status"], &[gate]).any(|condition| condition["status"] == "True");
    json::list(&tenant["spec"]["readinessGates"])
        .filter_map(|gate| json::text(&gate["conditionType"]))
        .find(|gate| !is_open(gate))
}

fn of<'a>(status: &'a Value, gates: &[&str]) -> impl Iterator<Item = &'a Value> {
    json::list(&status["conditions"])
        .filter(|condition| json::text(&condition["type"]).is_some_and(|kind| gates.contains(&kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GO: &str = "example.com/go";

    fn pod(conditions: Value) -> Value {
        json!({
            "metadata": {"uid": "u", "annotations": {"tenantbench.dev/gates": GO}},
            "spec": {"readinessGates": [{"conditionType": GO}, {"conditionType": "Ready"}]},
            "status": {"conditions": conditions},
        })
    }

    #[test]
    fn a_condition_that_a_kubelet_writes_is_no_gate_to_be_carried() {
        assert_eq!(named(&pod(json!([]))["spec"]), [GO]);
    }

    #[test]
    fn what_the_tenant_says_of_its_gates_is_written_and_what_it_no_longer_says_is_taken_away() {
        let open = json!({"type": GO, "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"});
        let others = json!({"type": "host.example/own", "status": "False"});
        let tenant = pod(json!([open, {"type": "Ready", "status": "True"}]));
        let host = pod(json!([others]));
        assert_eq!(patch(&tenant, &host)["status"]["conditions"], json!([open]));
        let closed = patch(&pod(json!([])), &pod(json!([open, others])));
        assert_eq!(closed["status"]["conditions"], json!([{"type": GO, "$patch": "delete"}]));
        assert_eq!(closed["metadata"]["uid"], "u");
    }

    #[test]
    fn both_sides_compare_equal_once_they_say_the_same_whatever_the_host_has_added() {
        let open = |at: &str| json!({"type": GO, "status": "True", "lastTransitionTime": at});
        let tenant = pod(json!([open("2026-01-01T00:00:00Z")]));
        let host =
            pod(json!([{"type": "host.example/own", "status": "False"}, open("2026-01-01T00:00:01Z")]));
        assert_eq!(told(&tenant["status"], &named(&tenant["spec"])), told(&host["status"], &carried(&host)));
    }
}
