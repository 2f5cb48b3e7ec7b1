//! Selectors of pods, which on the host must meet the tenant's own only.

use serde_json::{Map, Value, json};

use crate::{
    json,
    names::{Names, marks},
};

/// Whether a label selector says nothing, and so meets everything.
pub(super) fn matches_all(selector: &Value) -> bool {
    ["matchLabels", "matchExpressions"].into_iter().all(|field| match &selector[field] {
        Value::Object(labels) => labels.is_empty(),
        Value::Array(expressions) => expressions.is_empty(),
        _ => true,
    })
}

/// Whether a label selector meets labels. What cannot be understood is not met.
pub fn selects<'a>(selector: &Value, label: impl Fn(&str) -> Option<&'a str>) -> bool {
    let labels = json::entries(&selector["matchLabels"]).all(|(key, value)| label(key) == Some(value));
    let expressions = json::list(&selector["matchExpressions"]).all(|expression| {
        let found = expression["key"].as_str().and_then(&label);
        let is_listed = || json::list(&expression["values"]).any(|value| value.as_str() == found);
        match expression["operator"].as_str() {
            Some("In") => found.is_some() && is_listed(),
            Some("NotIn") => found.is_none() || !is_listed(),
            Some("Exists") => found.is_some(),
            Some("DoesNotExist") => found.is_none(),
            _ => false,
        }
    });
    labels && expressions
}

/// Narrows a selector with `matchLabels` and `matchExpressions` to the pods of these tenant namespaces, or of all of
/// the virtual cluster's where none is named.
pub(super) fn narrow(selector: &mut Map<String, Value>, names: &Names, namespaces: &[String]) {
    let expressions = selector.entry("matchExpressions").or_insert(Value::Null);
    let mut all: Vec<Value> = json::list(expressions).cloned().collect();
    all.push(json!({ "key": marks::VCLUSTER, "operator": "In", "values": [names.vcluster()] }));
    if !namespaces.is_empty() {
        all.push(json!({ "key": marks::NAMESPACE, "operator": "In", "values": namespaces }));
    }
    *expressions = Value::Array(all);
}

/// Narrows a selector to none of the virtual cluster's pods, all of which have that label.
pub(super) fn narrow_to_none(selector: &mut Map<String, Value>, names: &Names) {
    narrow(selector, names, &[]);
    if let Some(all) = selector.get_mut("matchExpressions").and_then(Value::as_array_mut) {
        all.push(json!({ "key": marks::NAMESPACE, "operator": "DoesNotExist" }));
    }
}
