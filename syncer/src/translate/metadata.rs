//! Names, labels and annotations of every host object.

use serde_json::{Map, Value, json};

use super::held_back::is_held_back;
use crate::{
    index::hash,
    json,
    names::{Names, marks},
};

/// Whose objects are made, and what on the host owns them: when it goes, the host removes them all.
#[derive(Clone, Debug)]
pub struct Ownership {
    /// The names of the virtual cluster.
    pub names: Names,
    /// An owner reference; none leaves the objects to whoever deletes the namespace.
    pub owner: Option<Value>,
}

/// The host's metadata for a tenant object whose translated content is `content`.
pub fn host(tenant: &Value, ownership: &Ownership, content: &Value) -> Value {
    let names = &ownership.names;
    let source = &tenant["metadata"];
    let namespace = json::text(&source["namespace"]).unwrap_or_default();
    let name = json::text(&source["name"]).unwrap_or_default();

    let mut labels = carried(&source["labels"]);
    let mut annotations = carried(&source["annotations"]);
    let keys = key_list(&labels, &annotations);
    labels.extend(marks::labels(names, namespace));
    annotations.extend([
        (marks::NAME.to_owned(), json!(name)),
        (marks::UID.to_owned(), source["uid"].clone()),
        (marks::APPLIED.to_owned(), json!(applied(content))),
        (marks::KEYS.to_owned(), json!(keys)),
    ]);
    let (host_namespace, name) = names.place(namespace, name);
    let mut metadata = json!({ "name": name, "labels": labels, "annotations": annotations });
    // What has no namespace can have no owner that has one.
    if let Some(metadata) = metadata.as_object_mut().filter(|_| !host_namespace.is_empty()) {
        metadata.insert("namespace".to_owned(), json!(host_namespace));
        metadata.extend(ownership.owner.iter().map(|owner| ("ownerReferences".to_owned(), json!([owner]))));
    }
    metadata
}

/// The part of a tenant's metadata that the host sees.
pub fn content(tenant: &Value) -> Value {
    let source = &tenant["metadata"];
    json!({ "labels": carried(&source["labels"]), "annotations": carried(&source["annotations"]) })
}

/// Labels and annotations of a host object that are ours: our marks, and what they say came from the tenant.
pub fn ours(host: &Value) -> Value {
    const LABELS: [&str; 3] = [marks::VCLUSTER, marks::NAMESPACE, marks::HOST_NAMESPACE];
    const ANNOTATIONS: [&str; 5] = [marks::NAME, marks::UID, marks::APPLIED, marks::KEYS, marks::CONTAINERS];
    let (labels, annotations) = carried_keys(host);
    let pick = |field: &str, keys: &str, marks: &[&str]| {
        let all: Vec<&str> = keys.split(',').chain(marks.iter().copied()).collect();
        json::pick(&host[field], &all)
    };
    json!({
        "labels": pick("labels", labels, &LABELS),
        "annotations": pick("annotations", annotations, &ANNOTATIONS),
    })
}

/// The value of [`marks::APPLIED`] for a content.
pub fn applied(content: &Value) -> String {
    format!("{:016x}", hash(content))
}

/// A merge patch that brings labels and annotations of `host`, an object made by [`host`], to those of `wanted`.
/// Keys that the tenant has dropped go; keys that others have put on the host object stay.
pub fn patch(wanted: &Value, host: &Value) -> Value {
    let (labels, annotations) = carried_keys(host);
    let side = |field: &str, former: &str| {
        let mut side: Map<String, Value> = former
            .split(',')
            .filter(|key| !key.is_empty())
            .map(|key| (key.to_owned(), Value::Null))
            .collect();
        side.extend(wanted[field].as_object().cloned().unwrap_or_default());
        side
    };
    json!({ "labels": side("labels", labels), "annotations": side("annotations", annotations) })
}

fn carried(entries: &Value) -> Map<String, Value> {
    json::entries(entries)
        .filter(|(key, _)| !is_held_back(key))
        .map(|(key, value)| (key.to_owned(), json!(value)))
        .collect()
}

/// The label keys and the annotation keys that came from the tenant, each as a comma-separated list.
fn carried_keys(host: &Value) -> (&str, &str) {
    let keys = json::text(&host["annotations"][marks::KEYS]).unwrap_or_default();
    keys.split_once(';').unwrap_or((keys, ""))
}

/// Label keys, a semicolon, annotation keys; none of those characters can be in a key.
fn key_list(labels: &Map<String, Value>, annotations: &Map<String, Value>) -> String {
    let list = |map: &Map<String, Value>| map.keys().map(String::as_str).collect::<Vec<_>>().join(",");
    format!("{};{}", list(labels), list(annotations))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ownership() -> Ownership {
        Ownership { names: Names::new("vc", "host-ns"), owner: None }
    }

    fn tenant(labels: Value) -> Value {
        json!({"metadata": {"name": "web", "namespace": "shop", "uid": "u1", "labels": labels}})
    }

    #[test]
    fn labels_that_imitate_ours_do_not_reach_the_host() {
        let tenant = tenant(json!({"app": "web", "tenantbench.dev/vcluster": "other"}));
        let metadata = host(&tenant, &ownership(), &json!({}));
        assert_eq!(metadata["labels"]["app"], "web");
        assert_eq!(metadata["labels"][marks::VCLUSTER], "vc");
    }

    #[test]
    fn a_label_that_the_tenant_drops_is_dropped_and_a_foreign_one_stays() {
        let before = host(&tenant(json!({"app": "web", "old": "1"})), &ownership(), &json!({}));
        let wanted = host(&tenant(json!({"app": "web2"})), &ownership(), &json!({}));
        let patch = patch(&wanted, &before);
        assert_eq!(patch["labels"]["app"], "web2");
        assert_eq!(patch["labels"].get("old"), Some(&Value::Null));
        assert_eq!(patch["labels"].get("foreign"), None);
    }
}
