//! Rules as an operator writes them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{path::Path, target::Target};

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Is {
    /// The name of an object of the kind `of`, in the object's own namespace.
    Name,
    /// A reference to an object of the kind `of`: `{namespace, name}`, or a text as `NAMESPACE/NAME` or `NAME`.
    Reference,
    /// A selector of pods with `matchLabels` and `matchExpressions`.
    Selector,
    /// A selector of pods that is nothing but labels.
    Labels,
    /// The name of a namespace.
    Namespace,
    /// Whatever the tenant has there; the host gets `value`.
    Fixed,
    /// Something that the host does not get, or under `status` the tenant.
    Dropped,
}

/// One rule about a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Where: `spec.secretName`, `spec.volumes[*].configMap.name` for the items of a list, `spec.refs.*` for the values
    /// of a map, `metadata.annotations["a.b/c"]` for a name with dots. Under `status` the rule is for the way up.
    pub path: Path,
    /// What stands there.
    pub is: Is,
    /// The kind that is named, as `Secret` or `GROUP/KIND`: one that is synced. With `name` and `reference`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Target>,
    /// What the host gets. With `fixed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}
