//! Walking JSON trees that come from others: what is missing or of the wrong type is nothing, never a panic.

use serde_json::{Map, Value};

/// A text that is not empty.
pub(crate) fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

/// The items of a list.
pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The items of the list in a field, to be changed. Does not make the field.
pub(crate) fn list_mut<'a>(
    value: &'a mut Value,
    field: &str,
) -> impl Iterator<Item = &'a mut Value> + use<'a> {
    value.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten()
}

/// The object in a field, made if it is not there. `None` where `value` is no object itself.
pub(crate) fn object_mut<'a>(value: &'a mut Value, field: &str) -> Option<&'a mut Map<String, Value>> {
    let slot = value.as_object_mut()?.entry(field).or_insert(Value::Null);
    if !slot.is_object() {
        *slot = Value::Object(Map::new());
    }
    slot.as_object_mut()
}

/// The text at a path of fields, to be changed.
pub(crate) fn text_mut<'a>(value: &'a mut Value, path: &[&str]) -> Option<&'a mut String> {
    let leaf = path.iter().try_fold(value, |value, field| value.get_mut(field))?;
    match leaf {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// Takes fields out of an object.
pub(crate) fn remove(value: &mut Value, fields: &[&str]) {
    if let Some(object) = value.as_object_mut() {
        object.retain(|field, _| !fields.contains(&field.as_str()));
    }
}

/// The fields of an object that are named and not null.
pub(crate) fn pick(value: &Value, fields: &[&str]) -> Map<String, Value> {
    fields
        .iter()
        .filter_map(|field| Some(((*field).to_owned(), value.get(*field)?.clone())))
        .filter(|(_, value)| !value.is_null())
        .collect()
}

/// The text entries of an object, such as labels.
pub(crate) fn entries(value: &Value) -> impl Iterator<Item = (&str, &str)> {
    value.as_object().into_iter().flatten().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
}
