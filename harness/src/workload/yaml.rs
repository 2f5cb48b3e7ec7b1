//! Objects as text for `kubectl apply --server-side -f -`.

use kube::api::DynamicObject;

/// Writes `objects` as one multi-document YAML stream.
///
/// # Errors
/// When an object has a value that YAML cannot hold; none that came from JSON has.
pub fn to_yaml<'a>(
    objects: impl Iterator<Item = &'a DynamicObject>,
) -> Result<String, serde_saphyr::ser::Error> {
    let mut text = String::new();
    for object in objects {
        text.push_str("---\n");
        text.push_str(&serde_saphyr::to_string(object)?);
    }
    Ok(text)
}
