//! The seam between what is installed and whoever installs it.

use kube::api::{ApiResource, DynamicObject};
use serde_json::Value;

use super::Objects;

/// A workload as data: what to apply, in which order, and how to see that it works.
///
/// Whoever installs applies `crds`, waits until they are Established, applies `objects` and waits until `deployment`
/// is Available. Uninstalling goes the other way round.
#[derive(Clone, Debug)]
pub struct Package {
    /// How flags name it, such as `ray`.
    pub name: String,
    /// How reports name it, such as `Ray (built-in model)`.
    pub display: String,
    /// The namespace of everything in it that has one. It must exist.
    pub namespace: String,
    /// CustomResourceDefinitions.
    pub crds: Objects,
    /// All the rest, in the order of installation.
    pub objects: Objects,
    /// The Deployment among `objects` that must become Available.
    pub deployment: String,
    /// What more the platform installs where tenants share one installation.
    pub assisted: Assisted,
    /// What a tenant makes once the workload is installed.
    pub instance: Instance,
}

impl Package {
    /// Everything in the order of installation.
    pub fn all(&self) -> impl Iterator<Item = &DynamicObject> {
        self.crds.iter().chain(&self.objects)
    }
}

/// A shared installation: the platform owns it, and a tenant may use it in its own namespace.
#[derive(Clone, Debug, Default)]
pub struct Assisted {
    /// Objects beside the package's own, made by the platform.
    pub objects: Objects,
    /// ClusterRoles that the platform binds to the tenant's user, by a RoleBinding in the tenant's namespace.
    pub tenant_roles: Vec<String>,
}

/// One custom resource and what should come of it.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The custom resource. It has no namespace: its maker chooses one.
    pub object: DynamicObject,
    /// What to ask the API server for to see it.
    pub resource: ApiResource,
    /// How many Pods the operator makes of it.
    pub pods: usize,
    /// The label selector that finds those Pods.
    pub pod_selector: String,
    /// What the custom resource itself says when it works.
    pub ready: ReadyWhen,
}

/// How a custom resource says that it works.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadyWhen {
    /// A field holds a word.
    Field {
        /// A JSON pointer, such as `/status/state`.
        pointer: String,
        /// The word, such as `ready`.
        word: String,
    },
    /// A condition in `status.conditions` is `True`.
    Condition(String),
}

impl ReadyWhen {
    /// Whether `object`, the whole custom resource as JSON, works.
    pub fn holds(&self, object: &Value) -> bool {
        match self {
            Self::Field { pointer, word } => {
                object.pointer(pointer).and_then(Value::as_str) == Some(word.as_str())
            }
            Self::Condition(kind) => object
                .pointer("/status/conditions")
                .and_then(Value::as_array)
                .is_some_and(|all| all.iter().any(|one| one["type"] == **kind && one["status"] == "True")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_holds_when_it_has_the_word() {
        let ready = ReadyWhen::Field { pointer: "/status/state".into(), word: "ready".into() };
        assert!(ready.holds(&json!({"status": {"state": "ready"}})));
        assert!(!ready.holds(&json!({"status": {"state": "suspended"}})));
        assert!(!ready.holds(&json!({})));
    }

    #[test]
    fn a_condition_holds_when_it_is_true() {
        let ready = ReadyWhen::Condition("Ready".into());
        let with = |status: &str| json!({"status": {"conditions": [{"type": "Ready", "status": status}]}});
        assert!(ready.holds(&with("True")));
        assert!(!ready.holds(&with("Unknown")));
    }
}
