//! A Kubernetes object as it came over the wire: its text, and the few metadata that every decision needs.
//!
//! The text is kept as it is, so that fields which this build does not know are carried, not lost.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use kube::core::ApiResource;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Value, value::RawValue};

/// One object of any kind.
#[derive(Clone)]
pub struct Object {
    meta: ObjectMeta,
    text: Arc<RawValue>,
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

/// The part of `metadata` that is read. Without `managedFields`, which are half of an object and never wanted.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Metadata {
    name: Option<String>,
    namespace: Option<String>,
    uid: Option<String>,
    resource_version: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<String, String>>,
    deletion_timestamp: Option<Time>,
    deletion_grace_period_seconds: Option<i64>,
}

#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    metadata: Metadata,
}

impl Object {
    /// Reads an object from its JSON text.
    ///
    /// # Errors
    /// Text that is no JSON object with metadata.
    pub fn from_text(text: String) -> Result<Self, serde_json::Error> {
        Self::from_raw(RawValue::from_string(text)?)
    }

    fn from_raw(text: Box<RawValue>) -> Result<Self, serde_json::Error> {
        let Head { metadata } = serde_json::from_str(text.get())?;
        let meta = ObjectMeta {
            name: metadata.name,
            namespace: metadata.namespace,
            uid: metadata.uid,
            resource_version: metadata.resource_version,
            labels: metadata.labels,
            annotations: metadata.annotations,
            deletion_timestamp: metadata.deletion_timestamp,
            deletion_grace_period_seconds: metadata.deletion_grace_period_seconds,
            ..ObjectMeta::default()
        };
        Ok(Self { meta, text: text.into() })
    }

    /// `metadata.name`.
    pub fn name(&self) -> &str {
        self.meta.name.as_deref().unwrap_or_default()
    }

    /// `metadata.namespace`; empty for a cluster-wide kind.
    pub fn namespace(&self) -> &str {
        self.meta.namespace.as_deref().unwrap_or_default()
    }

    /// `metadata.uid`.
    pub fn uid(&self) -> &str {
        self.meta.uid.as_deref().unwrap_or_default()
    }

    /// How many bytes it was.
    pub fn size(&self) -> usize {
        self.text.get().len()
    }

    /// `metadata.resourceVersion` as a number, which orders the versions of an object.
    pub fn version(&self) -> u64 {
        self.meta.resource_version.as_deref().and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    /// The grace period in seconds of an object that is being deleted.
    pub fn deleting(&self) -> Option<i64> {
        self.meta.deletion_timestamp.as_ref()?;
        Some(self.meta.deletion_grace_period_seconds.unwrap_or_default())
    }

    /// A label's value.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.meta.labels.as_ref()?.get(key).map(String::as_str)
    }

    /// All labels.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.meta.labels.iter().flatten().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// An annotation's value.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.meta.annotations.as_ref()?.get(key).map(String::as_str)
    }

    /// The whole object as a tree, to be changed.
    ///
    /// # Errors
    /// None for text that was read as an object.
    pub fn value(&self) -> Result<Value, serde_json::Error> {
        serde_json::from_str(self.text.get())
    }

    /// The whole object as a tree; `Null` for text that is none, which [`Object::from_text`] has ruled out.
    pub fn tree(&self) -> Value {
        self.value().unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_raw(Box::<RawValue>::deserialize(deserializer)?).map_err(D::Error::custom)
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
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.meta
    }
}

#[cfg(test)]
impl From<Value> for Object {
    fn from(value: Value) -> Self {
        Self::from_text(value.to_string()).expect("an object")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_printed_of_an_object_is_nothing_that_it_holds() {
        let secret = json!({
            "metadata": {"name": "s", "namespace": "ns", "annotations": {"a": "c2VjcmV0"}}, "data": {"k": "c2VjcmV0"},
        });
        let printed = format!("{:?}", Object::from(secret));
        assert!(printed.contains("\"ns\"") && !printed.contains("c2VjcmV0"), "{printed}");
    }
}
