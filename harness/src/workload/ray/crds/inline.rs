//! Puts named types in the place of the references to them: a CRD's schema has no references.

use serde_json::{Map, Value};

use super::super::RayError;

const DEFINITIONS: &str = "#/$defs/";

/// Resolves every reference below `schema`. What stands beside a reference is kept and wins over the type's own.
///
/// # Errors
/// When a reference names no known type.
pub(super) fn inline(schema: &mut Value, types: &Map<String, Value>) -> Result<(), RayError> {
    unwrap_option(schema);
    if let Some(target) = take_reference(schema) {
        let name = target.strip_prefix(DEFINITIONS).unwrap_or(&target);
        let mut resolved = types.get(name).cloned().ok_or_else(|| RayError::Derive {
            reason: format!("the schema refers to the unknown type {name}"),
        })?;
        overlay(&mut resolved, schema);
        *schema = resolved;
    }
    match schema {
        Value::Object(keys) => keys.values_mut().try_for_each(|value| inline(value, types)),
        Value::Array(values) => values.iter_mut().try_for_each(|value| inline(value, types)),
        _ => Ok(()),
    }
}

fn take_reference(schema: &mut Value) -> Option<String> {
    match schema.as_object_mut()?.remove("$ref")? {
        Value::String(target) => Some(target),
        _ => None,
    }
}

/// schemars says "this type or null"; Kubernetes says it by leaving the field out of `required`.
fn unwrap_option(schema: &mut Value) {
    let Some(keys) = schema.as_object_mut() else { return };
    let Some(Value::Array(choices)) = keys.get("anyOf") else { return };
    let null = |choice: &&Value| choice.get("type").is_some_and(|name| name == "null");
    if choices.iter().filter(null).count() != 1 || choices.len() != 2 {
        return;
    }
    let some = choices.iter().find(|choice| !null(choice)).cloned();
    keys.remove("anyOf");
    if let Some(mut some) = some {
        overlay(&mut some, schema);
        *schema = some;
    }
}

fn overlay(base: &mut Value, above: &Value) {
    if let (Some(base), Some(above)) = (base.as_object_mut(), above.as_object()) {
        base.extend(above.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn types() -> Map<String, Value> {
        let types =
            json!({"Inner": {"type": "string"}, "Outer": {"properties": {"a": {"$ref": "#/$defs/Inner"}}}});
        types.as_object().cloned().unwrap()
    }

    #[test]
    fn a_reference_within_a_referenced_type_is_resolved() {
        let mut schema = json!({"$ref": "#/$defs/Outer"});
        inline(&mut schema, &types()).unwrap();
        assert_eq!(schema, json!({"properties": {"a": {"type": "string"}}}));
    }

    #[test]
    fn an_optional_reference_keeps_what_stands_beside_it() {
        let mut schema = json!({"anyOf": [{"$ref": "#/$defs/Inner"}, {"type": "null"}], "default": "x"});
        inline(&mut schema, &types()).unwrap();
        assert_eq!(schema, json!({"type": "string", "default": "x"}));
    }

    #[test]
    fn a_choice_of_two_real_types_is_left_alone() {
        let mut schema = json!({"anyOf": [{"type": "integer"}, {"type": "string"}]});
        inline(&mut schema, &types()).unwrap();
        assert_eq!(schema, json!({"anyOf": [{"type": "integer"}, {"type": "string"}]}));
    }

    #[test]
    fn an_unknown_reference_is_named() {
        let error = inline(&mut json!({"$ref": "#/$defs/Gone"}), &types()).unwrap_err();
        assert!(error.to_string().contains("Gone"), "{error}");
    }
}
