//! `/pods` and `/runningpods/`: the tenant's pods as the tenant knows them. Needs nothing of the host.

use serde_json::{Value, json};

use super::own::Placed;
use crate::json;

/// All pods of a node.
pub(super) fn all(placed: Vec<Placed>) -> Value {
    list(placed.into_iter().map(|placed| placed.tree).collect())
}

/// The pods with a container that runs, and of each no more than who it is and what runs in it.
pub(super) fn running(placed: &[Placed]) -> Value {
    list(placed.iter().filter_map(|placed| running_part(&placed.tree)).collect())
}

fn running_part(pod: &Value) -> Option<Value> {
    let running: Vec<Value> = ["containerStatuses", "initContainerStatuses"]
        .into_iter()
        .flat_map(|field| json::list(&pod["status"][field]))
        .filter(|status| status["state"]["running"].is_object())
        .map(|status| Value::Object(json::pick(status, &["name", "image"])))
        .collect();
    let who = json::pick(&pod["metadata"], &["name", "namespace", "uid"]);
    (!running.is_empty()).then(|| json!({ "metadata": who, "spec": { "containers": running }, "status": {} }))
}

fn list(items: Vec<Value>) -> Value {
    json!({ "kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_pod_is_named_with_its_running_containers() {
        let pod = json!({
            "metadata": {"name": "web", "namespace": "shop", "uid": "u", "labels": {"a": "b"}},
            "spec": {"nodeName": "n"},
            "status": {"containerStatuses": [
                {"name": "c", "image": "i", "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}},
                {"name": "d", "image": "i", "state": {"waiting": {}}},
            ]},
        });
        let expected = json!({
            "metadata": {"name": "web", "namespace": "shop", "uid": "u"},
            "spec": {"containers": [{"name": "c", "image": "i"}]}, "status": {},
        });
        assert_eq!(running_part(&pod), Some(expected));
        assert_eq!(running_part(&json!({"status": {}})), None);
    }
}
