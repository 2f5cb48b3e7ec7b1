//! A Kubernetes object as it came over the wire: its text, and the few metadata that every decision needs.
//!
//! The text is kept as it is, so that fields which this build does not know are carried, not lost.

mod part;

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use kube::core::ApiResource;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Value, value::RawValue};

pub use part::Field;

/// One object of any kind. Clones share what it holds.
#[derive(Clone)]
pub struct Object(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    meta: ObjectMeta,
    /// Without `managedFields`, which are half of an object and never wanted.
    text: Box<str>,
    /// How long it was with them.
    size: usize,
}

/// Which object it is, and nothing of what it holds: that can be a Secret.
impl std::fmt::Debug for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Object")
            .field("namespace", &self.namespace())
            .field("name", &self.name())
            .field("uid", &self.uid())
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}

/// The part of `metadata` that is read.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata<'a> {
    #[serde(borrow)]
    managed_fields: Option<&'a RawValue>,
    name: Option<String>,
    namespace: Option<String>,
    uid: Option<String>,
    resource_version: Option<String>,
    generation: Option<i64>,
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<String, String>>,
    deletion_timestamp: Option<Time>,
    deletion_grace_period_seconds: Option<i64>,
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, default)]
    metadata: Metadata<'a>,
}

impl Object {
    /// Reads an object from its JSON text.
    ///
    /// # Errors
    /// Text that is no JSON object with metadata.
    pub fn from_text(text: &str) -> Result<Self, serde_json::Error> {
        let Head { metadata } = serde_json::from_str(text)?;
        let kept = metadata.managed_fields.map_or_else(|| text.into(), |fields| without(text, fields.get()));
        let meta = ObjectMeta {
            name: metadata.name,
            namespace: metadata.namespace,
            uid: metadata.uid,
            resource_version: metadata.resource_version,
            generation: metadata.generation,
            labels: metadata.labels,
            annotations: metadata.annotations,
            deletion_timestamp: metadata.deletion_timestamp,
            deletion_grace_period_seconds: metadata.deletion_grace_period_seconds,
            ..ObjectMeta::default()
        };
        Ok(Self(Arc::new(Inner { meta, text: kept, size: text.len() })))
    }

    /// `metadata.name`.
    pub fn name(&self) -> &str {
        self.0.meta.name.as_deref().unwrap_or_default()
    }

    /// `metadata.namespace`; empty for a cluster-wide kind.
    pub fn namespace(&self) -> &str {
        self.0.meta.namespace.as_deref().unwrap_or_default()
    }

    /// `metadata.uid`.
    pub fn uid(&self) -> &str {
        self.0.meta.uid.as_deref().unwrap_or_default()
    }

    /// How many bytes it was on the wire.
    pub fn size(&self) -> usize {
        self.0.size
    }

    /// `metadata.resourceVersion` as a number, which orders the versions of an object.
    pub fn version(&self) -> u64 {
        self.0.meta.resource_version.as_deref().and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    /// The grace period in seconds of an object that is being deleted.
    pub fn deleting(&self) -> Option<i64> {
        self.0.meta.deletion_timestamp.as_ref()?;
        Some(self.0.meta.deletion_grace_period_seconds.unwrap_or_default())
    }

    /// A label's value.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.0.meta.labels.as_ref()?.get(key).map(String::as_str)
    }

    /// All labels.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.meta.labels.iter().flatten().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The same object as it was when it had these labels, as far as its metadata are read.
    pub(crate) fn labelled(&self, labels: &[(&str, String)]) -> Self {
        let mut former = Inner::clone(&self.0);
        let own = labels.iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
        former.meta.labels.get_or_insert_default().extend(own);
        Self(Arc::new(former))
    }

    /// An annotation's value.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.0.meta.annotations.as_ref()?.get(key).map(String::as_str)
    }

    /// The whole object as a tree, to be changed.
    ///
    /// # Errors
    /// None for text that was read as an object.
    pub fn value(&self) -> Result<Value, serde_json::Error> {
        serde_json::from_str(&self.0.text)
    }

    /// Some of its fields as a tree, the others being passed over: reading a pod's whole spec costs more than all that is
    /// then done with its status.
    pub fn part(&self, fields: &[Field<'_>]) -> Value {
        part::read(&self.0.text, fields).unwrap_or_default()
    }

    /// The whole object as a tree; `Null` for text that is none, which [`Object::from_text`] has ruled out.
    pub fn tree(&self) -> Value {
        self.value().unwrap_or_default()
    }
}

/// A text without one of its parts, the value of `managedFields`. API servers write these last in the metadata; elsewhere
/// the name stays, with nothing.
fn without(text: &str, fields: &str) -> Box<str> {
    const NAME: &str = ",\"managedFields\":";
    let begins = fields.as_ptr() as usize - text.as_ptr() as usize;
    let (before, after) = (&text[..begins], &text[begins + fields.len()..]);
    match before.strip_suffix(NAME) {
        Some(before) => [before, after].concat().into(),
        None => [before, "null", after].concat().into(),
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_text(Box::<RawValue>::deserialize(deserializer)?.get()).map_err(D::Error::custom)
    }
}

impl kube::Resource for Object {
    type DynamicType = ApiResource;
    type Scope = kube::core::DynamicResourceScope;

    fn kind(resource: &ApiResource) -> Cow<'_, str> {
        resource.kind.as_str().into()
    }

    fn group(resource: &ApiResource) -> Cow<'_, str> {
        resource.group.as_str().into()
    }

    fn version(resource: &ApiResource) -> Cow<'_, str> {
        resource.version.as_str().into()
    }

    fn api_version(resource: &ApiResource) -> Cow<'_, str> {
        resource.api_version.as_str().into()
    }

    fn plural(resource: &ApiResource) -> Cow<'_, str> {
        resource.plural.as_str().into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.0.meta
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut Arc::make_mut(&mut self.0).meta
    }
}

#[cfg(test)]
impl From<Value> for Object {
    fn from(value: Value) -> Self {
        Self::from_text(&value.to_string()).expect("an object")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn managed_fields_are_not_kept_wherever_they_stand() {
        for (text, kept) in [
            (
                r#"{"metadata":{"name":"a","managedFields":[{"x":{}}]},"spec":{}}"#,
                r#"{"metadata":{"name":"a"},"spec":{}}"#,
            ),
            (
                r#"{"metadata":{"managedFields":[],"name":"a"}}"#,
                r#"{"metadata":{"managedFields":null,"name":"a"}}"#,
            ),
            (r#"{"metadata":{"name":"a"}}"#, r#"{"metadata":{"name":"a"}}"#),
        ] {
            let object = Object::from_text(text).unwrap();
            assert_eq!((&*object.0.text, object.size()), (kept, text.len()));
        }
    }

    #[test]
    fn what_is_printed_of_an_object_is_nothing_that_it_holds() {
        let secret = json!({
            "metadata": {"name": "s", "namespace": "ns", "annotations": {"a": "c2VjcmV0"}}, "data": {"k": "c2VjcmV0"},
        });
        let printed = format!("{:?}", Object::from(secret));
        assert!(printed.contains("\"ns\"") && !printed.contains("c2VjcmV0"), "{printed}");
    }
}
