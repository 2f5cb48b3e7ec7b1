//! What the index keeps of an object: the few fields and hashes that decisions are made of.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    num::NonZeroU64,
    sync::Arc,
};

use kube::Resource;
use serde_json::{Value, json};

use super::{Id, Key, Uid, words::Words};
use crate::{
    json,
    kinds::Kind,
    names::marks,
    object::{Field, Object},
    translate::{
        metadata::Ownership,
        pod, present,
        service::{self, Ask},
        shared,
        status::{self, View, gates},
    },
};

/// A copy on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The uid of the tenant object that it was made from.
    pub tenant_uid: Uid,
    /// A hash of the part of its content that is ours, as it is now, whoever wrote it.
    pub content: u64,
}

/// A tenant pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantPod {
    /// The node that it is bound to.
    pub node: Option<Arc<str>>,
    /// Whether it has been scheduled or started, so that it had a host pod once.
    pub started: bool,
    /// Succeeded or failed.
    pub finished: bool,
    /// Whether it has readiness gates, whose conditions belong to others.
    pub gated: bool,
    /// Whether finalizers keep it when it is deleted.
    pub held: bool,
    /// Whether a DaemonSet made it.
    pub daemon: bool,
    /// Whether it asks for tokens.
    pub wants_tokens: bool,
    /// A hash of what is to be on the host of all that may change in a running pod.
    pub wanted: u64,
    /// A hash of the part of its status that the syncer writes.
    pub status: u64,
    /// A hash of what its status says of its readiness gates.
    pub gates: u64,
    /// As what it was read whole: none has to be read whole each time.
    pub form: Option<Form>,
}

/// A hash of all of a pod from which follows what it names, asks for and is to be on the host: its generation, labels and
/// annotations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form(NonZeroU64);

impl Form {
    /// None where the pod has no generation. It says something only where the API server counts.
    pub(super) fn of(object: &Object) -> Option<Self> {
        let meta = object.meta();
        let generation = meta.generation.filter(|generation| *generation > 0)?;
        let mut hasher = DefaultHasher::new();
        (generation, &meta.labels, &meta.annotations).hash(&mut hasher);
        NonZeroU64::new(hasher.finish()).map(Self)
    }
}

/// A pod on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPod {
    /// Whose copy it is and what was last written.
    pub copied: Copied,
    /// The node that it is bound to.
    pub node: Option<Arc<str>>,
    /// Succeeded or failed.
    pub finished: bool,
    /// A hash of what the tenant's status is to be, were there no readiness gates.
    pub status: u64,
    /// A hash of what its status says of its readiness gates; none where it has none.
    pub gates: Option<u64>,
}

/// A Service's cluster address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// It has one.
    Ip(Box<str>),
    /// Headless.
    None,
    /// No cluster address, as with `ExternalName`, or none yet.
    Absent,
}

/// A port of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePort {
    /// Its name; empty where the only port has none.
    pub name: Box<str>,
    /// Its number.
    pub port: u16,
    /// TCP, UDP or SCTP.
    pub protocol: Box<str>,
    /// Its port on every node; 0 for none.
    pub node_port: u16,
}

/// A tenant Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantService {
    /// A hash of the copy's content, addresses apart.
    pub wanted: u64,
    /// Whether it has a selector, by which its endpoints are made.
    pub selects: bool,
    /// Its cluster address.
    pub address: Address,
    /// Its ports in order.
    pub ports: Box<[ServicePort]>,
    /// Whether its address is half-way through being changed.
    pub repairing: bool,
    /// A hash of its load balancer's status.
    pub balancer: u64,
    /// The fields that either side may change.
    pub shared: Option<Box<str>>,
}

/// A Service on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostService {
    /// Whose copy it is and what was last written.
    pub copied: Copied,
    /// Its cluster address.
    pub address: Address,
    /// Its ports in order.
    pub ports: Box<[ServicePort]>,
    /// A hash of its load balancer's status.
    pub balancer: u64,
    /// The fields that either side may change.
    pub shared: Option<Box<str>>,
    /// Those fields as both sides last had them.
    pub agreed: Option<Box<str>>,
}

impl Copied {
    pub(super) fn of(object: &Object, content: u64) -> Self {
        Self { tenant_uid: object.annotation(marks::UID).unwrap_or_default().into(), content }
    }
}

/// The node of a pod.
const NODE: Field<'_> = Field::Of("spec", &[Field::Whole("nodeName")]);

/// What of a host's object has to be read, as a tree: of a pod only what [`HostPod`] is made of.
pub(super) fn host_tree(kind: Kind, object: &Object) -> Value {
    const MARKS: [Field<'_>; 2] = [Field::Whole("labels"), Field::Whole("annotations")];
    match kind {
        Kind::Pod => object.part(&[Field::Of("metadata", &MARKS), NODE, Field::Whole("status")]),
        _ => object.tree(),
    }
}

/// A hash of the part of a host object that is ours.
pub(super) fn content_hash(kind: Kind, host: &Value) -> u64 {
    hash(&present::ours(kind, host))
}

impl TenantPod {
    /// Also what the pod names.
    pub(super) fn of(
        object: &Object,
        form: Option<Form>,
        ownership: &Ownership,
        words: &mut Words,
    ) -> (Self, Vec<Key>) {
        let tree = object.tree();
        let needs = pod::needs(&tree);
        let names =
            needs.names.into_iter().map(|(kind, name)| Key::new(kind, Id::new(object.namespace(), &name)));
        let status_of = &tree["status"];
        let wanted = Self {
            gated: json::list(&tree["spec"]["readinessGates"]).next().is_some(),
            wants_tokens: !needs.tokens.is_empty(),
            wanted: content_hash(Kind::Pod, &json!({ "metadata": pod::metadata(&tree, ownership) })),
            gates: hash(&gates::told(status_of, &gates::named(&tree["spec"]))),
            form,
            ..Self::default()
        };
        (wanted.now(&tree, words), names.collect())
    }

    /// The same pod as it is now, if all of it that is costly to read is as it was: of its spec only the node is read then.
    pub(super) fn again(&self, object: &Object, form: Option<Form>, words: &mut Words) -> Option<Self> {
        const METADATA: [Field<'_>; 2] = [Field::Whole("finalizers"), Field::Whole("ownerReferences")];
        // What its gates are called stands in the spec.
        let is_same = !self.gated && form.is_some() && self.form == form;
        let read = || object.part(&[Field::Of("metadata", &METADATA), NODE, Field::Whole("status")]);
        is_same.then(|| self.clone().now(&read(), words))
    }

    /// With what may change in a pod while what is wanted of it stays the same.
    fn now(self, tree: &Value, words: &mut Words) -> Self {
        let status_of = &tree["status"];
        Self {
            node: json::text(&tree["spec"]["nodeName"]).map(|node| words.shared(node)),
            started: status::is_scheduled(status_of) || !status_of["startTime"].is_null(),
            finished: is_finished(tree),
            held: json::list(&tree["metadata"]["finalizers"]).next().is_some(),
            daemon: json::list(&tree["metadata"]["ownerReferences"])
                .any(|owner| owner["kind"] == "DaemonSet" && owner["controller"] == json!(true)),
            status: status::digest(status::owned(status_of)),
            ..self
        }
    }
}

impl HostPod {
    pub(super) fn of(
        object: &Object,
        tree: &Value,
        content: u64,
        view: &View<'_>,
        words: &mut Words,
    ) -> Self {
        let gates = gates::carried(tree);
        Self {
            copied: Copied::of(object, content),
            node: json::text(&tree["spec"]["nodeName"]).map(|node| words.shared(node)),
            finished: is_finished(tree),
            status: status::digest(status::wanted(&tree["status"], &Value::Null, view)),
            gates: (!gates.is_empty()).then(|| hash(&gates::told(&tree["status"], &gates))),
        }
    }
}

impl TenantService {
    pub(super) fn of(object: &Object, ownership: &Ownership) -> Self {
        let tree = object.tree();
        Self {
            wanted: content_hash(Kind::Service, &service::host(&tree, ownership, &Ask::Any)),
            selects: tree["spec"]["selector"].as_object().is_some_and(|selector| !selector.is_empty()),
            address: address(&tree),
            ports: ports(&tree),
            repairing: object.annotation(marks::REPAIRING).is_some(),
            balancer: hash(&tree["status"]["loadBalancer"]),
            shared: shared::mark(Kind::Service, &tree).map(Into::into),
        }
    }
}

impl HostService {
    pub(super) fn of(object: &Object, content: u64) -> Self {
        let tree = object.tree();
        Self {
            copied: Copied::of(object, content),
            address: address(&tree),
            ports: ports(&tree),
            balancer: hash(&tree["status"]["loadBalancer"]),
            shared: shared::mark(Kind::Service, &tree).map(Into::into),
            agreed: shared::agreed(&tree).map(Into::into),
        }
    }
}

fn address(service: &Value) -> Address {
    match json::text(&service["spec"]["clusterIP"]) {
        Some("None") => Address::None,
        Some(ip) => Address::Ip(ip.into()),
        None => Address::Absent,
    }
}

fn ports(service: &Value) -> Box<[ServicePort]> {
    let number = |value: &Value| value.as_u64().and_then(|n| u16::try_from(n).ok()).unwrap_or_default();
    json::list(&service["spec"]["ports"])
        .map(|port| ServicePort {
            name: json::text(&port["name"]).unwrap_or_default().into(),
            port: number(&port["port"]),
            protocol: json::text(&port["protocol"]).unwrap_or("TCP").into(),
            node_port: number(&port["nodePort"]),
        })
        .collect()
}

fn is_finished(pod: &Value) -> bool {
    matches!(json::text(&pod["status"]["phase"]), Some("Succeeded" | "Failed"))
}

/// A hash of a JSON tree, the same in every process of this build: it is written to the host and read back later.
/// (A build that hashes otherwise writes each object once more, and that is all.)
pub fn hash(value: &Value) -> u64 {
    let mut hasher = Hashing(DefaultHasher::new());
    // It takes whatever it is given.
    drop(serde_json::to_writer(&mut hasher, value));
    // As a text hashes, by which copies were marked so far.
    hasher.0.write_u8(0xff);
    hasher.0.finish()
}

/// Hashes what is written to it.
struct Hashing(DefaultHasher);

impl std::io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
