//! The tenant's objects in a schedule, and what they look like.

use kube::{
    Api, Client,
    core::{ApiResource, DynamicObject},
};
use serde_json::{Value, json};

/// The kinds that a tenant's load consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    ConfigMap,
    Secret,
    Service,
    Pod,
}

pub(crate) const KINDS: [Kind; 4] = [Kind::ConfigMap, Kind::Secret, Kind::Service, Kind::Pod];

/// The tenant's namespaces.
pub(crate) const NAMESPACES: [&str; 2] = ["default", "shop"];

impl Kind {
    pub(crate) fn resource(self) -> ApiResource {
        let (kind, plural) = match self {
            Self::ConfigMap => ("ConfigMap", "configmaps"),
            Self::Secret => ("Secret", "secrets"),
            Self::Service => ("Service", "services"),
            Self::Pod => ("Pod", "pods"),
        };
        ApiResource {
            group: String::new(),
            version: "v1".to_owned(),
            api_version: "v1".to_owned(),
            kind: kind.to_owned(),
            plural: plural.to_owned(),
        }
    }

    /// The objects of this kind in a namespace.
    pub(crate) fn api(self, cluster: &Client, namespace: &str) -> Api<DynamicObject> {
        Api::namespaced_with(cluster.clone(), namespace, &self.resource())
    }
}

/// One name in the tenant, whatever has it at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Thing {
    pub(crate) kind: Kind,
    /// An index into [`NAMESPACES`].
    pub(crate) namespace: usize,
    pub(crate) number: usize,
}

impl Thing {
    pub(crate) fn namespace(self) -> &'static str {
        NAMESPACES[self.namespace]
    }

    pub(crate) fn name(self) -> String {
        let kind = match self.kind {
            Kind::ConfigMap => "map",
            Kind::Secret => "secret",
            Kind::Service => "service",
            Kind::Pod => "pod",
        };
        format!("{kind}-{}", self.number)
    }
}

/// The label that counts the changes of an object.
pub(crate) const VERSION: &str = "tests/version";
/// The annotation that counts how often an object of that name was made.
pub(crate) const LIFE: &str = "tests/life";

/// What the tenant wants an object to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    /// How often an object of that name has been made.
    pub(crate) life: u32,
    /// How often this one was changed.
    pub(crate) version: u32,
    /// What a pod mounts.
    pub(crate) mounts: Vec<Thing>,
    /// Whether someone deleted its copy on the host, which for a pod is an eviction.
    pub(crate) evicted: bool,
}

impl Wish {
    /// The object as it is made.
    pub(crate) fn object(&self, thing: Thing) -> Value {
        let mut object = self.change(thing);
        let content = match thing.kind {
            Kind::ConfigMap | Kind::Secret => json!({}),
            Kind::Service => json!({"spec": {"selector": {"app": thing.name()}}}),
            Kind::Pod => json!({"spec": self.pod(thing)}),
        };
        merge(&mut object, content);
        merge(
            &mut object,
            json!({"metadata": {"name": thing.name(), "annotations": {LIFE: self.life.to_string()}}}),
        );
        object
    }

    /// A merge patch from its version before.
    pub(crate) fn change(&self, thing: Thing) -> Value {
        let version = self.version.to_string();
        let mut change = json!({"metadata": {"labels": {VERSION: version}}});
        let content = match thing.kind {
            Kind::ConfigMap => json!({"data": {"k": version}}),
            // "v" and a number of at most two digits, in base 64.
            Kind::Secret => json!({"stringData": {"k": version}}),
            Kind::Service => json!({"spec": {"ports": [{"port": 80 + self.version, "protocol": "TCP"}]}}),
            Kind::Pod => json!({}),
        };
        merge(&mut change, content);
        change
    }

    fn pod(&self, thing: Thing) -> Value {
        let volumes = self.mounts.iter().enumerate().map(|(at, mounted)| {
            let name = mounted.name();
            let source = match mounted.kind {
                Kind::Secret => json!({"secret": {"secretName": name, "optional": true}}),
                _ => json!({"configMap": {"name": name, "optional": true}}),
            };
            let mut volume = json!({"name": format!("v{at}")});
            merge(&mut volume, source);
            volume
        });
        json!({
            "terminationGracePeriodSeconds": 1,
            // Every other one asks for a token.
            "automountServiceAccountToken": thing.number.is_multiple_of(2),
            "containers": [{"name": "c", "image": "i"}],
            "volumes": volumes.collect::<Vec<_>>(),
        })
    }
}

fn merge(object: &mut Value, other: Value) {
    match (object, other) {
        (Value::Object(object), Value::Object(other)) => {
            for (key, value) in other {
                merge(object.entry(key).or_insert(Value::Null), value);
            }
        }
        (object, other) => *object = other,
    }
}
