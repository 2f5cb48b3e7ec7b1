//! Strategic merge patches, as far as a syncer sends them for pods.

use serde_json::{Map, Value};

/// Merges a patch into an object.
pub(crate) fn merge(object: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *object = patch.clone();
        return;
    };
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    for (key, change) in patch.iter().filter(|(key, _)| !key.starts_with('$')) {
        match change {
            Value::Null => drop(object.as_object_mut().map(|object| object.remove(key))),
            Value::Array(change) => merge_lists(&mut object[key], change),
            change => merge(&mut object[key], change),
        }
    }
}

/// Lists of things with a type or a name are maps.
fn merge_lists(list: &mut Value, patch: &[Value]) {
    let key = |one: &Value| ["type", "name"].iter().find_map(|key| one[*key].as_str().map(str::to_owned));
    let replaces = patch.iter().any(|one| one["$patch"] == "replace");
    let is_map = !patch.is_empty() && patch.iter().all(|one| key(one).is_some());
    let Some(list) = list.as_array_mut().filter(|_| is_map && !replaces) else {
        *list = patch.iter().filter(|one| one["$patch"].is_null()).cloned().collect();
        return;
    };
    for change in patch {
        let place = list.iter().position(|one| key(one) == key(change));
        match (place, change["$patch"] == "delete") {
            (Some(place), true) => drop(list.remove(place)),
            (Some(place), false) => merge(&mut list[place], change),
            (None, true) => {}
            (None, false) => list.push(change.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_of_conditions_are_maps_and_null_removes() {
        let mut pod =
            json!({"a": 1, "status": {"conditions": [{"type": "A", "status": "False"}, {"type": "B"}]}});
        merge(
            &mut pod,
            &json!({"a": null, "status": {"phase": "Running", "conditions": [
                {"type": "A", "status": "True"}, {"type": "B", "$patch": "delete"}, {"type": "C"},
            ], "podIPs": [{"ip": "10.0.0.1"}]}}),
        );
        let expected = json!({"status": {"phase": "Running", "conditions": [{"type": "A", "status": "True"}, {"type": "C"}],
            "podIPs": [{"ip": "10.0.0.1"}]}});
        assert_eq!(pod, expected);
    }
}
