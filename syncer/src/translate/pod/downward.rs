//! The downward API: what a pod reads of itself must be the tenant's, so it reads marks that hold it.

use serde_json::{Map, Value, json};

use crate::{index::hash, json, names::marks, translate::held_back::is_held_back};

/// Points field references whose host value would be wrong at labels and annotations, and adds those annotations.
pub(super) fn redirect(spec: &mut Value, tenant: &Value, annotations: &mut Map<String, Value>) {
    for list in super::CONTAINERS {
        for container in json::list_mut(spec, list) {
            for variable in json::list_mut(container, "env") {
                let field = json::text_mut(variable, &["valueFrom", "fieldRef", "fieldPath"]);
                redirect_field(field, tenant, annotations);
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
        // These three are on every host object.
        "metadata.name" => (marks::NAME.to_owned(), None),
        "metadata.uid" => (marks::UID.to_owned(), None),
        "metadata.namespace" => {
            *field = format!("metadata.labels['{}']", marks::NAMESPACE);
            return;
        }
        "spec.serviceAccountName" => {
            let account = json::text(&tenant["spec"]["serviceAccountName"]).unwrap_or("default");
            (marks::DOWNWARD_SERVICE_ACCOUNT.to_owned(), Some(account.to_owned()))
        }
        "metadata.labels" => (marks::DOWNWARD_LABELS.to_owned(), Some(lines(&metadata["labels"]))),
        "metadata.annotations" => {
            (marks::DOWNWARD_ANNOTATIONS.to_owned(), Some(lines(&metadata["annotations"])))
        }
        path => {
            let Some((map, key)) = entry(path).filter(|(_, key)| is_held_back(key)) else { return };
            let value = json::text(&metadata[map][key]).unwrap_or_default();
            (format!("{}{:016x}", marks::DOWNWARD_ENTRY, hash(&json!(path))), Some(value.to_owned()))
        }
    };
    *field = format!("metadata.annotations['{key}']");
    if let Some(value) = value {
        annotations.insert(key, json!(value));
    }
}

/// The map and the key in `metadata.labels['KEY']` and `metadata.annotations['KEY']`.
fn entry(path: &str) -> Option<(&str, &str)> {
    let (map, key) = path.strip_prefix("metadata.")?.strip_suffix("']")?.split_once("['")?;
    ["labels", "annotations"].contains(&map).then_some((map, key))
}

/// As a kubelet writes a map: `key="value"`, one a line, in the order of the keys.
fn lines(entries: &Value) -> String {
    let mut lines: Vec<(&str, &str)> = json::entries(entries).collect();
    lines.sort_unstable();
    lines.iter().map(|(key, value)| format!("{key}={}", quoted(value))).collect::<Vec<_>>().join("\n")
}

/// A text in Go's quotes.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{b}' => quoted.push_str("\\v"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_ascii_control() => quoted.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if is_shown(c) => quoted.push(c),
            c if u32::from(c) <= 0xffff => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    quoted.push('"');
    quoted
}

/// Go shows no space but the ordinary one.
fn is_shown(c: char) -> bool {
    !c.is_control() && (c == ' ' || !c.is_whitespace()) && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant() -> Value {
        json!({
            "metadata": {
                "name": "p", "namespace": "ns", "uid": "u",
                "labels": {"b": "2", "a": "1", "sidecar.istio.io/inject": "false"},
                "annotations": {"note": "a \"b\"\n\\ \u{1}ü\u{a0}", "tenantbench.dev/name": "mine"},
            },
            "spec": {"serviceAccountName": "sa"},
        })
    }

    /// What a pod reads at a field, from the annotations of its host pod; or the field that it reads instead.
    fn reads(field: &str) -> Result<String, String> {
        let mut spec = json!({"volumes": [{"downwardAPI": {"items": [{"fieldRef": {"fieldPath": field}}]}}]});
        let mut annotations = Map::new();
        redirect(&mut spec, &tenant(), &mut annotations);
        let path =
            spec["volumes"][0]["downwardAPI"]["items"][0]["fieldRef"]["fieldPath"].as_str().expect("a path");
        let value = entry(path).and_then(|(_, key)| annotations.get(key)?.as_str());
        value.map(str::to_owned).ok_or_else(|| path.to_owned())
    }

    #[test]
    fn each_field_is_the_tenants() {
        let annotation = |key: &str| Err(format!("metadata.annotations['{key}']"));
        assert_eq!(reads("metadata.name"), annotation("tenantbench.dev/name"));
        assert_eq!(reads("metadata.uid"), annotation("tenantbench.dev/uid"));
        assert_eq!(
            reads("metadata.namespace"),
            Err("metadata.labels['tenantbench.dev/namespace']".to_owned())
        );
        assert_eq!(reads("spec.serviceAccountName").as_deref(), Ok("sa"));
        assert_eq!(
            reads("metadata.labels").as_deref(),
            Ok("a=\"1\"\nb=\"2\"\nsidecar.istio.io/inject=\"false\"")
        );
        assert_eq!(
            reads("metadata.annotations").as_deref(),
            Ok("note=\"a \\\"b\\\"\\n\\\\ \\x01ü\\u00a0\"\ntenantbench.dev/name=\"mine\"")
        );
    }

    #[test]
    fn one_label_is_read_where_it_is_and_one_that_is_held_back_elsewhere() {
        assert_eq!(reads("metadata.labels['a']"), Err("metadata.labels['a']".to_owned()));
        assert_eq!(reads("metadata.labels['sidecar.istio.io/inject']").as_deref(), Ok("false"));
        assert_eq!(reads("metadata.annotations['tenantbench.dev/name']").as_deref(), Ok("mine"));
        assert_eq!(reads("metadata.labels['tenantbench.dev/vcluster']").as_deref(), Ok(""));
    }

    #[test]
    fn what_the_host_alone_knows_is_read_there() {
        for field in ["status.podIP", "status.hostIP", "spec.nodeName", "limits.cpu"] {
            assert_eq!(reads(field), Err(field.to_owned()));
        }
    }
}
