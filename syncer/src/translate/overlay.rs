//! A copy written anew over what the host has: what others have put on it stays, finalizers above all.

use serde_json::{Map, Value};

use super::{claim, metadata, present};
use crate::{json, kinds::Kind};

/// Whether a copy is the syncer's alone, so that it can be written without reading what is there.
pub fn is_ours_alone(kind: Kind) -> bool {
    matches!(kind, Kind::ConfigMap | Kind::Secret | Kind::Endpoints | Kind::EndpointSlice)
}

/// The host's object with the wanted content.
pub fn over(kind: Kind, host: &Value, wanted: Value) -> Value {
    let mut body = host.clone();
    metadata(&mut body, &wanted);
    if kind == Kind::PersistentVolumeClaim {
        let Some(spec) = json::object_mut(&mut body, "spec") else { return body };
        spec.extend(json::pick(&wanted["spec"], &claim::CHANGEABLE));
        return body;
    }
    let present = present::content(kind, &body);
    if let Some(body) = body.as_object_mut() {
        body.retain(|field, _| !present.contains_key(field));
        body.extend(present::content(kind, &wanted));
    }
    body
}

/// Brings the labels and annotations of `body`, a host object, to those of `wanted`, beside those of others.
pub fn metadata(body: &mut Value, wanted: &Value) {
    let changes = metadata::patch(&wanted["metadata"], &body["metadata"]);
    let Some(metadata) = body.get_mut("metadata") else { return };
    json::remove(metadata, &["managedFields"]);
    for field in ["labels", "annotations"] {
        let Some(entries) = json::object_mut(metadata, field) else { continue };
        change(entries, &changes[field]);
    }
}

fn change(entries: &mut Map<String, Value>, changes: &Value) {
    for (key, value) in changes.as_object().into_iter().flatten() {
        if value.is_null() {
            entries.remove(key);
        } else {
            entries.insert(key.clone(), value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::translate::content::host_in_test;

    fn ingress(labels: Value, host: &str) -> Value {
        let tenant = json!({
            "metadata": {"name": "web", "namespace": "shop", "uid": "u", "labels": labels},
            "spec": {"rules": [{"host": host}]},
        });
        host_in_test(Kind::Ingress, &tenant).expect("is carried")
    }

    #[test]
    fn what_others_have_put_on_a_copy_stays_and_what_the_tenant_has_dropped_goes() {
        let mut host = ingress(json!({"old": "1"}), "a.example");
        host["metadata"]["finalizers"] = json!(["host.example/clean-up"]);
        host["metadata"]["labels"]["team"] = json!("a");
        host["metadata"]["resourceVersion"] = json!("7");
        host["status"] = json!({"loadBalancer": {}});
        let body = over(Kind::Ingress, &host, ingress(json!({"new": "1"}), "b.example"));
        let metadata = &body["metadata"];
        assert_eq!(
            (&metadata["finalizers"][0], &metadata["resourceVersion"]),
            (&json!("host.example/clean-up"), &json!("7"))
        );
        let labels = &metadata["labels"];
        assert_eq!((labels.get("old"), &labels["new"], &labels["team"]), (None, &json!("1"), &json!("a")));
        assert_eq!(body["spec"]["rules"][0]["host"], "b.example");
    }

    #[test]
    fn a_bound_claim_changes_its_size_and_nothing_else() {
        let claim = |size: &str| {
            let tenant = json!({
                "metadata": {"name": "data", "namespace": "shop", "uid": "u"},
                "spec": {"resources": {"requests": {"storage": size}}},
            });
            host_in_test(Kind::PersistentVolumeClaim, &tenant).expect("is carried")
        };
        let mut host = claim("1Gi");
        host["spec"]["volumeName"] = json!("pvc-1");
        host["spec"]["storageClassName"] = json!("standard");
        let body = over(Kind::PersistentVolumeClaim, &host, claim("2Gi"));
        let spec = json!({
            "resources": {"requests": {"storage": "2Gi"}}, "volumeName": "pvc-1", "storageClassName": "standard",
        });
        assert_eq!(body["spec"], spec);
    }
}
