//! The downward API: what a pod reads of itself must be the tenant's, so it reads annotations that hold it.

use serde_json::{Map, Value, json};

use crate::{json, names::marks};

/// Points field references whose host value would be wrong at annotations, and adds those annotations.
pub(super) fn redirect(spec: &mut Value, tenant: &Value, annotations: &mut Map<String, Value>) {
    for field in ["initContainers", "containers"] {
        for container in json::list_mut(spec, field) {
            for variable in json::list_mut(container, "env") {
                redirect_field(
                    json::text_mut(variable, &["valueFrom", "fieldRef", "fieldPath"]),
                    tenant,
                    annotations,
                );
            }
        }
    }
    for volume in json::list_mut(spec, "volumes") {
        if let Some(source) = volume.get_mut("downwardAPI") {
            redirect_items(source, tenant, annotations);
        }
        let Some(projected) = volume.get_mut("projected") else { continue };
        for source in json::list_mut(projected, "sources") {
            if let Some(source) = source.get_mut("downwardAPI") {
                redirect_items(source, tenant, annotations);
            }
        }
    }
}

fn redirect_items(source: &mut Value, tenant: &Value, annotations: &mut Map<String, Value>) {
    for item in json::list_mut(source, "items") {
        redirect_field(json::text_mut(item, &["fieldRef", "fieldPath"]), tenant, annotations);
    }
}

fn redirect_field(field: Option<&mut String>, tenant: &Value, annotations: &mut Map<String, Value>) {
    let Some(field) = field else { return };
    let metadata = &tenant["metadata"];
    let (key, value) = match field.as_str() {
        // These two are on every host object.
        "metadata.name" => (marks::NAME, None),
        "metadata.uid" => (marks::UID, None),
        "metadata.namespace" => (marks::DOWNWARD_NAMESPACE, Some(metadata["namespace"].clone())),
        "spec.serviceAccountName" => {
            let account = json::text(&tenant["spec"]["serviceAccountName"]).unwrap_or("default");
            (marks::DOWNWARD_SERVICE_ACCOUNT, Some(json!(account)))
        }
        "metadata.labels" => (marks::DOWNWARD_LABELS, Some(json!(lines(&metadata["labels"])))),
        "metadata.annotations" => (marks::DOWNWARD_ANNOTATIONS, Some(json!(lines(&metadata["annotations"])))),
        _ => return,
    };
    *field = format!("metadata.annotations['{key}']");
    if let Some(value) = value {
        annotations.insert(key.to_owned(), value);
    }
}

/// As a kubelet writes a map: `key="value"`, one a line, in the order of the keys.
fn lines(entries: &Value) -> String {
    let mut lines: Vec<String> =
        json::entries(entries).map(|(key, value)| format!("{key}={value:?}")).collect();
    lines.sort();
    lines.join("\n")
}
