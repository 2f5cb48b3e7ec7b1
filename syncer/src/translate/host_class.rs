//! Classes of the host as the tenant gets them: StorageClass, IngressClass, RuntimeClass, PriorityClass.

use serde_json::{Map, Value, json};

use crate::{json, kinds::Kind, names::marks};

/// Annotations that say which class is taken where none is named.
const DEFAULTS: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "ingressclass.kubernetes.io/is-default-class"];

/// What of a class is carried. Parameters of a StorageClass and of an IngressClass name objects and places of the host.
fn fields(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::StorageClass => &[
            "provisioner",
            "reclaimPolicy",
            "mountOptions",
            "allowVolumeExpansion",
            "volumeBindingMode",
            "allowedTopologies",
        ],
        Kind::IngressClass => &["spec"],
        Kind::RuntimeClass => &["handler", "overhead", "scheduling"],
        _ => &["value", "globalDefault", "preemptionPolicy", "description"],
    }
}

/// Whether the tenant gets a class of this name. Every API server has the system's own.
pub fn is_carried(kind: Kind, name: &str) -> bool {
    kind != Kind::PriorityClass || !name.starts_with("system-")
}

/// What of a class counts, of the host's as of the tenant's copy.
pub fn content(kind: Kind, class: &Value) -> Value {
    let mut content = json::pick(class, fields(kind));
    if let Some(spec) = content.get_mut("spec") {
        json::remove(spec, &["parameters"]);
    }
    let metadata = &class["metadata"];
    let labels: Map<String, Value> = json::entries(&metadata["labels"])
        .filter(|(key, _)| !marks::is_ours(key))
        .map(|(key, value)| (key.to_owned(), json!(value)))
        .collect();
    content.insert("labels".to_owned(), Value::Object(labels));
    content.insert("annotations".to_owned(), json!(json::pick(&metadata["annotations"], &DEFAULTS)));
    Value::Object(content)
}

/// The tenant's copy of a host's class.
pub fn tenant(kind: Kind, host: &Value) -> Value {
    let mut object = content(kind, host);
    let Some(fields) = object.as_object_mut() else { return object };
    let mut metadata = Map::from_iter([("name".to_owned(), host["metadata"]["name"].clone())]);
    for part in ["labels", "annotations"] {
        metadata.insert(part.to_owned(), fields.remove(part).unwrap_or_default());
    }
    if let Some(labels) = metadata.get_mut("labels").and_then(Value::as_object_mut) {
        labels.insert(marks::FROM_HOST.to_owned(), json!("true"));
    }
    fields.insert("apiVersion".to_owned(), json!(kind.api_version()));
    fields.insert("kind".to_owned(), json!(kind.name()));
    fields.insert("metadata".to_owned(), Value::Object(metadata));
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_carried_without_what_names_things_of_the_host() {
        let host = json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
            "metadata": {
                "name": "fast", "uid": "u", "resourceVersion": "7", "labels": {"tier": "gold", "tenantbench.dev/vcluster": "x"},
                "annotations": {"storageclass.kubernetes.io/is-default-class": "true", "team": "platform"},
            },
            "provisioner": "csi.example", "reclaimPolicy": "Delete", "volumeBindingMode": "WaitForFirstConsumer",
            "parameters": {"csi.storage.k8s.io/provisioner-secret-name": "root"},
        });
        let expected = json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
            "metadata": {
                "name": "fast", "labels": {"tier": "gold", "tenantbench.dev/from-host": "true"},
                "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
            },
            "provisioner": "csi.example", "reclaimPolicy": "Delete", "volumeBindingMode": "WaitForFirstConsumer",
        });
        assert_eq!(tenant(Kind::StorageClass, &host), expected);
        let ingress =
            json!({"metadata": {"name": "i"}, "spec": {"controller": "c", "parameters": {"name": "p"}}});
        assert_eq!(tenant(Kind::IngressClass, &ingress)["spec"], json!({"controller": "c"}));
    }

    #[test]
    fn a_copy_has_the_content_of_its_origin() {
        for (kind, host) in [
            (
                Kind::PriorityClass,
                json!({"metadata": {"name": "p"}, "value": 7, "preemptionPolicy": "Never"}),
            ),
            (
                Kind::RuntimeClass,
                json!({"metadata": {"name": "r", "labels": {"a": "b"}}, "handler": "runsc"}),
            ),
        ] {
            assert_eq!(content(kind, &tenant(kind, &host)), content(kind, &host));
        }
    }

    #[test]
    fn the_systems_own_priorities_are_in_every_tenant_already() {
        assert!(!is_carried(Kind::PriorityClass, "system-node-critical"));
        assert!(is_carried(Kind::PriorityClass, "high") && is_carried(Kind::StorageClass, "system-disk"));
    }
}
