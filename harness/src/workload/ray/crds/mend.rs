//! The pass that gives derived schemas what server-side apply goes by.
//!
//! schemars and k8s-openapi know types and descriptions, but neither list types nor defaults; upstream's CRDs have it
//! the other way round. Each named type is mended once, before it is put in its many places.

use serde_json::{Map, Value, json};

use super::rules;

/// Mends the schema of the type `name`.
pub(super) fn mend(name: &str, schema: &mut Value) {
    tidy(schema);
    if let Some(kind) = name.strip_prefix("io.k8s.").and_then(|rest| rest.rsplit('.').next()) {
        mend_kubernetes_type(kind, schema);
    }
}

/// What holds for every schema, of our types and of Kubernetes' own.
fn tidy(schema: &mut Value) {
    let Some(keys) = schema.as_object_mut() else { return };
    keys.remove("description");
    keys.remove("title");
    drop_null(keys);
    join_constants(keys);
    // Upstream's generator gives no format to floating point numbers.
    if keys.get("type").is_some_and(|kind| kind == "number") {
        keys.remove("format");
    }
    if let Some(Value::Object(properties)) = keys.get_mut("properties") {
        properties.values_mut().for_each(tidy);
    }
    for nested in ["items", "additionalProperties"] {
        if let Some(nested) = keys.get_mut(nested) {
            tidy(nested);
        }
    }
}

/// An optional field is one that is not required; no field here takes null, unless it says `nullable`.
fn drop_null(keys: &mut Map<String, Value>) {
    if let Some(Value::Array(kinds)) = keys.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_slice() {
            let only = only.clone();
            keys.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(values)) = keys.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
}

/// schemars writes an enum with documented variants as a choice of constants.
fn join_constants(keys: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = keys.get("oneOf") else { return };
    let constants: Option<Vec<Value>> = choices.iter().map(|choice| choice.get("const").cloned()).collect();
    if let Some(constants) = constants {
        keys.remove("oneOf");
        keys.insert("type".into(), "string".into());
        keys.insert("enum".into(), constants.into());
    }
}

fn mend_kubernetes_type(kind: &str, schema: &mut Value) {
    if let Some(replacement) = rules::replacement(kind) {
        *schema = replacement;
        return;
    }
    let Some(keys) = schema.as_object_mut() else { return };
    if rules::ATOMIC_TYPES.contains(&kind) {
        keys.insert("x-kubernetes-map-type".into(), "atomic".into());
    }
    let mut optional = Vec::new();
    if let Some(Value::Object(properties)) = keys.get_mut("properties") {
        for (field, schema) in properties {
            mend_field(kind, field, schema);
            if schema.get("default").is_some() {
                optional.push(field.clone());
            }
        }
    }
    mend_required(keys, kind, &optional);
}

/// What has a default is not required; k8s-openapi and upstream's generator disagree on two more fields.
fn mend_required(keys: &mut Map<String, Value>, kind: &str, optional: &[String]) {
    let Some(Value::Array(required)) = keys.get_mut("required") else { return };
    required.extend(rules::REQUIRED.iter().filter(|(of, _)| *of == kind).map(|(_, field)| json!(field)));
    required.retain(|field| {
        let field = field.as_str().unwrap_or_default();
        !optional.iter().any(|name| name == field) && !rules::NOT_REQUIRED.contains(&(kind, field))
    });
    if required.is_empty() {
        keys.remove("required");
    }
}

fn mend_field(kind: &str, field: &str, schema: &mut Value) {
    let Some(keys) = schema.as_object_mut() else { return };
    if keys.get("type").is_some_and(|kind| kind == "array") {
        mend_list(kind, field, keys);
    }
    if rules::ATOMIC_FIELDS.contains(&(kind, field)) {
        keys.insert("x-kubernetes-map-type".into(), "atomic".into());
    }
    if let Some(default) = rules::default(kind, field) {
        keys.insert("default".into(), default);
    }
    if let Some(Value::Object(limits)) = rules::limits(kind, field) {
        keys.extend(limits);
    }
}

/// Kubernetes marks every one of its lists; what is neither map nor set is atomic, and so are lists within lists.
fn mend_list(kind: &str, field: &str, keys: &mut Map<String, Value>) {
    let list_type = if let Some(by) = rules::list_map_keys(kind, field) {
        keys.insert("x-kubernetes-list-map-keys".into(), json!(by));
        "map"
    } else if rules::LIST_SETS.contains(&(kind, field)) {
        "set"
    } else {
        "atomic"
    };
    keys.insert("x-kubernetes-list-type".into(), list_type.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(name: &str, mut schema: Value) -> Value {
        mend(name, &mut schema);
        schema
    }

    #[test]
    fn containers_are_a_map_by_name() {
        let schema = json!({"properties": {"containers": {"type": "array", "description": "…"}}});
        let containers = &mended("io.k8s.api.core.v1.PodSpec", schema)["properties"]["containers"];
        let expected = json!({
            "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]
        });
        assert_eq!(containers, &expected);
    }

    #[test]
    fn any_other_list_of_kubernetes_is_atomic_and_a_list_of_ours_is_not_marked() {
        let list = json!({"properties": {"args": {"type": ["array", "null"]}}});
        let theirs = mended("io.k8s.api.core.v1.Container", list.clone());
        assert_eq!(
            theirs["properties"]["args"],
            json!({"type": "array", "x-kubernetes-list-type": "atomic"})
        );
        assert_eq!(mended("Container", list)["properties"]["args"], json!({"type": "array"}));
    }

    #[test]
    fn a_field_with_a_default_is_no_longer_required() {
        let schema = json!({"properties": {"name": {}, "key": {}}, "required": ["key", "name"]});
        let mended = mended("io.k8s.api.core.v1.SecretKeySelector", schema);
        assert_eq!(mended["required"], json!(["key"]));
        assert_eq!(mended["properties"]["name"]["default"], "");
        assert_eq!(mended["x-kubernetes-map-type"], "atomic");
    }

    #[test]
    fn documented_variants_become_one_enum() {
        let schema = json!({"oneOf": [{"const": "a", "description": "…"}, {"const": "b"}]});
        assert_eq!(mended("Mode", schema), json!({"type": "string", "enum": ["a", "b"]}));
    }

    #[test]
    fn a_quantity_takes_numbers_and_strings_of_its_form() {
        let quantity = mended("io.k8s.apimachinery.pkg.api.resource.Quantity", json!({}));
        assert_eq!(quantity["x-kubernetes-int-or-string"], true);
        assert!(quantity["pattern"].is_string());
    }
}
