//! What may change in a pod after it is made, and how the host's pod follows.

use serde_json::{Map, Value, json};

use super::{container_names, downward, gates};
use crate::{
    json,
    names::marks,
    translate::metadata::{self, Ownership},
};

/// Lists of containers that a pod has from its beginning.
const LASTING: [&str; 2] = ["containers", "initContainers"];

/// What may change in a pod after it is made, and is then changed on the host too. Its hash is on the host's pod.
pub fn changeable(tenant: &Value) -> Value {
    let spec = &tenant["spec"];
    let of_all = |field: &str, kept: &[&str]| -> Vec<Value> {
        json::list(&spec[field]).map(|container| Value::Object(json::pick(container, kept))).collect()
    };
    json!({
        "metadata": metadata::content(tenant),
        "spec": {
            "containers": of_all("containers", &["name", "image", "resources"]),
            "initContainers": of_all("initContainers", &["name", "image", "resources"]),
            // Once there they stay as they are.
            "ephemeralContainers": of_all("ephemeralContainers", &["name"]),
            "resources": spec["resources"],
            "tolerations": spec["tolerations"],
            "activeDeadlineSeconds": spec["activeDeadlineSeconds"],
            "schedulingGates": spec["schedulingGates"],
        },
    })
}

/// The metadata of the host's pod, but for what its downward API reads.
pub fn metadata(tenant: &Value, ownership: &Ownership) -> Value {
    let mut metadata = metadata::host(tenant, ownership, &changeable(tenant));
    if let Some(annotations) = json::object_mut(&mut metadata, "annotations") {
        annotations.insert(marks::CONTAINERS.to_owned(), json!(container_names(tenant)));
        let gates = gates(tenant, &ownership.names);
        if !gates.is_empty() {
            annotations.insert(marks::GATES.to_owned(), json!(gates.join(",")));
        }
    }
    metadata
}

/// A strategic merge patch that brings a host pod up to the tenant's present one, as far as pods themselves may be
/// changed; the rest has subresources of its own: [`resize`] and [`missing_ephemeral`].
pub fn patch(tenant: &Value, host: &Value, ownership: &Ownership) -> Value {
    let mut spec = Map::new();
    for field in LASTING {
        let images: Vec<Value> = json::list(&tenant["spec"][field])
            .map(|container| Value::Object(json::pick(container, &["name", "image"])))
            .collect();
        if !images.is_empty() {
            spec.insert(field.to_owned(), json!(images));
        }
    }
    if !tenant["spec"]["activeDeadlineSeconds"].is_null() {
        spec.insert("activeDeadlineSeconds".to_owned(), tenant["spec"]["activeDeadlineSeconds"].clone());
    }
    spec.insert("tolerations".to_owned(), tolerations(&tenant["spec"], &host["spec"]));
    if let Some(gates) = opened(&tenant["spec"], &host["spec"]) {
        spec.insert("schedulingGates".to_owned(), gates);
    }
    let mut metadata = metadata::patch(&self::metadata(tenant, ownership), &host["metadata"]);
    // Files of the downward API follow labels and annotations, as under a kubelet.
    if let Some(annotations) = json::object_mut(&mut metadata, "annotations") {
        downward::redirect(&mut tenant["spec"].clone(), tenant, annotations);
    }
    json!({ "metadata": metadata, "spec": spec })
}

/// The tenant's, and those that the host has added or the tenant has dropped: a pod never loses any.
fn tolerations(tenant: &Value, host: &Value) -> Value {
    let own: Vec<&Value> = json::list(&tenant["tolerations"]).collect();
    let is_own = |toleration: &&Value| own.iter().any(|own| tolerate_the_same(own, toleration));
    let others = json::list(&host["tolerations"]).filter(|toleration| !is_own(toleration));
    json!(own.iter().copied().chain(others).collect::<Vec<_>>())
}

/// For how long may change; were both kept, the shorter would hold.
fn tolerate_the_same(a: &Value, b: &Value) -> bool {
    ["key", "operator", "value", "effect"]
        .into_iter()
        .all(|field| json::text(&a[field]) == json::text(&b[field]))
}

/// A merged list of gates would keep those that the tenant has opened. None where they are the same.
fn opened(tenant: &Value, host: &Value) -> Option<Value> {
    let names = |spec: &Value| -> Vec<String> {
        json::list(&spec["schedulingGates"])
            .filter_map(|gate| json::text(&gate["name"]))
            .map(str::to_owned)
            .collect()
    };
    let (left, present) = (names(tenant), names(host));
    let opened: Vec<Value> = present
        .iter()
        .filter(|name| !left.contains(name))
        .map(|name| json!({ "name": name, "$patch": "delete" }))
        .collect();
    (!opened.is_empty()).then(|| json!(opened))
}

/// A strategic merge patch for the host pod's `resize` subresource; none where every amount that the tenant names is
/// as on the host, which may have added amounts of its own.
pub fn resize(tenant: &Value, host: &Value) -> Option<Value> {
    let mut spec = Map::new();
    for field in LASTING {
        let changed: Vec<Value> = json::list(&tenant["spec"][field])
            .filter_map(|container| {
                let name = json::text(&container["name"])?;
                let host = json::list(&host["spec"][field]).find(|host| host["name"] == name)?;
                let resources = other_amounts(&container["resources"], &host["resources"])?;
                Some(json!({ "name": name, "resources": resources }))
            })
            .collect();
        if !changed.is_empty() {
            spec.insert(field.to_owned(), json!(changed));
        }
    }
    if let Some(resources) = other_amounts(&tenant["spec"]["resources"], &host["spec"]["resources"]) {
        spec.insert("resources".to_owned(), resources);
    }
    (!spec.is_empty()).then(|| json!({ "spec": spec }))
}

/// API servers write an amount in one way only, so texts can be compared.
fn other_amounts(tenant: &Value, host: &Value) -> Option<Value> {
    let mut changed = Map::new();
    for field in ["requests", "limits"] {
        let amounts: Map<String, Value> = ["cpu", "memory"]
            .into_iter()
            .filter(|name| !tenant[field][*name].is_null() && tenant[field][*name] != host[field][*name])
            .map(|name| (name.to_owned(), tenant[field][name].clone()))
            .collect();
        if !amounts.is_empty() {
            changed.insert(field.to_owned(), Value::Object(amounts));
        }
    }
    (!changed.is_empty()).then_some(Value::Object(changed))
}

/// The names of the tenant's ephemeral containers that the host's pod has not got.
pub fn missing_ephemeral(tenant: &Value, host: &Value) -> Vec<String> {
    let names = |pod: &Value| -> Vec<String> {
        json::list(&pod["spec"]["ephemeralContainers"])
            .filter_map(|container| json::text(&container["name"]))
            .map(str::to_owned)
            .collect()
    };
    let present = names(host);
    names(tenant).into_iter().filter(|name| !present.contains(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Names;

    fn patched(tenant: Value, host: Value) -> Value {
        let ownership = Ownership { names: Names::new("vc", "host-ns"), owner: None };
        patch(&json!({ "metadata": {}, "spec": tenant }), &json!({ "spec": host }), &ownership)["spec"].take()
    }

    #[test]
    fn images_of_all_containers_and_the_deadline_follow() {
        let spec = |image: &str| {
            json!({
                "containers": [{"name": "c", "image": image, "command": ["a"]}],
                "initContainers": [{"name": "i", "image": image}], "activeDeadlineSeconds": 9,
            })
        };
        insta::assert_json_snapshot!(patched(spec("new"), spec("old")), @r#"
        {
          "activeDeadlineSeconds": 9,
          "containers": [
            {
              "image": "new",
              "name": "c"
            }
          ],
          "initContainers": [
            {
              "image": "new",
              "name": "i"
            }
          ],
          "tolerations": []
        }
        "#);
    }

    #[test]
    fn tolerations_of_the_host_and_dropped_ones_stay_and_a_changed_time_replaces_the_old() {
        let toleration = |key: &str, seconds: u32| json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": seconds});
        let tenant = json!({"tolerations": [toleration("unreachable", 60), toleration("new", 1)]});
        let host =
            json!({"tolerations": [toleration("unreachable", 300), toleration("hosts-or-dropped", 5)]});
        assert_eq!(
            patched(tenant, host)["tolerations"],
            json!([toleration("unreachable", 60), toleration("new", 1), toleration("hosts-or-dropped", 5)])
        );
    }

    #[test]
    fn what_the_downward_api_reads_follows_the_labels() {
        let item = json!({"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}});
        let tenant = json!({
            "metadata": {"name": "web", "namespace": "shop", "uid": "u", "labels": {"app": "new"}},
            "spec": {"volumes": [{"name": "v", "downwardAPI": {"items": [item]}}]},
        });
        let ownership = Ownership { names: Names::new("vc", "host-ns"), owner: None };
        let patch = patch(&tenant, &json!({}), &ownership);
        assert_eq!(patch["metadata"]["annotations"][crate::names::marks::DOWNWARD_LABELS], "app=\"new\"");
    }

    #[test]
    fn gates_that_the_tenant_has_opened_are_opened_and_no_others() {
        let gates = |names: &[&str]| {
            let gates: Vec<_> = names.iter().map(|name| json!({ "name": name })).collect();
            json!({ "schedulingGates": gates })
        };
        let opened =
            |tenant: &[&str], host: &[&str]| patched(gates(tenant), gates(host))["schedulingGates"].take();
        assert_eq!(opened(&["a", "b"], &["a", "b"]), Value::Null);
        assert_eq!(opened(&["b"], &["a", "b"]), json!([{"name": "a", "$patch": "delete"}]));
        let both = json!([{"name": "a", "$patch": "delete"}, {"name": "b", "$patch": "delete"}]);
        assert_eq!(opened(&[], &["a", "b"]), both);
    }

    #[test]
    fn only_amounts_that_the_tenant_names_are_resized() {
        let pod = |resources: Value| json!({"spec": {"containers": [{"name": "c", "resources": resources}]}});
        let host = pod(json!({"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "2"}}));
        assert_eq!(resize(&pod(json!({"requests": {"cpu": "1"}})), &host), None);
        assert_eq!(resize(&pod(json!({})), &host), None);
        assert_eq!(
            resize(
                &pod(json!({"requests": {"cpu": "3", "example.com/gpu": "1"}, "limits": {"cpu": "4"}})),
                &host
            ),
            Some(pod(json!({"requests": {"cpu": "3"}, "limits": {"cpu": "4"}})))
        );
    }

    #[test]
    fn ephemeral_containers_that_the_host_added_itself_are_left_alone() {
        let pod = |names: &[&str]| {
            let all: Vec<_> = names.iter().map(|name| json!({ "name": name })).collect();
            json!({"spec": {"ephemeralContainers": all}})
        };
        assert_eq!(missing_ephemeral(&pod(&["a", "b"]), &pod(&["host", "a"])), ["b"]);
        assert!(missing_ephemeral(&pod(&[]), &pod(&["host"])).is_empty());
    }
}
