//! One virtual cluster: data, not tasks.

use std::{
    borrow::Cow,
    sync::{Arc, atomic::AtomicBool},
};

use parking_lot::Mutex;
use serde_json::Value;

use super::{Doing, Hand, Load, SyncError, Work, event::Events};
use crate::{
    clock::Clock,
    index::{Asked, Id, Index, Key, Seen, TRUCE},
    kinds::{Direction, Kind, Kinds, Side},
    names::Names,
    node::Nodes,
    object::Object,
    queue::{Line, TenantId},
    translate::{
        content::Around,
        metadata::Ownership,
        node::Facts,
        pod::{Rules, Sources, Surroundings},
    },
    watch::Event,
    write::Cluster,
};

/// What a virtual cluster is to the syncer.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its name and host namespace.
    pub names: Names,
    /// An owner reference for every host object.
    pub owner: Option<Value>,
    /// Where its pods reach its API: a host address and a port.
    pub api: (String, u16),
    /// The certificate authority of its API, as PEM.
    pub ca: String,
    /// The address of its Nodes, where its API server finds the kubelet endpoint.
    pub node_address: String,
    /// The port of the kubelet endpoint.
    pub kubelet_port: u16,
    /// What its Nodes say they run.
    pub version: String,
    /// Whether its API server counts the changes of pods' specs.
    pub counts_generations: bool,
    /// What its pods may do.
    pub pods: Rules,
    /// What is synced.
    pub kinds: Kinds,
}

/// A virtual cluster at work.
#[derive(Debug)]
pub struct Tenant {
    pub(super) id: TenantId,
    settings: Settings,
    ownership: Ownership,
    pub(super) index: Mutex<Index>,
    tenant: Cluster,
    host: Cluster,
    nodes: Nodes,
    events: Events,
    pub(super) work: Arc<Work>,
    /// Whether another replica leads.
    pub(super) stands_by: AtomicBool,
}

impl Tenant {
    /// A virtual cluster of which nothing has been seen.
    pub fn new(id: TenantId, settings: Settings, tenant: Cluster, host: Cluster, work: Arc<Work>) -> Self {
        let ownership = Ownership { names: settings.names.clone(), owner: settings.owner.clone() };
        let facts = Facts {
            address: settings.node_address.clone(),
            port: settings.kubelet_port,
            version: settings.version.clone(),
        };
        let follow = settings.kinds.row(Kind::Node).is_some_and(|row| row.direction == Direction::Up);
        let index = Index::new(settings.names.clone(), settings.node_address.clone())
            .counting_generations(settings.counts_generations);
        let index = Mutex::new(index.raising(raised(&settings.kinds), facts.clone(), follow));
        let nodes = Nodes::new(facts, follow);
        let (events, stands_by) = (Events::default(), AtomicBool::new(false));
        Self { id, settings, ownership, index, tenant, host, nodes, events, work, stands_by }
    }

    /// Its settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Its own API, or the host's as it may use it.
    pub fn cluster(&self, side: Side) -> &Cluster {
        match side {
            Side::Tenant => &self.tenant,
            Side::Host => &self.host,
        }
    }

    /// The clock that it goes by.
    pub fn clock(&self) -> &Clock {
        self.work.clock()
    }

    /// Its number in this process.
    pub fn id(&self) -> TenantId {
        self.id
    }

    /// How it stands with its keys.
    pub fn load(&self) -> Load {
        self.work.load(self.id)
    }

    /// Its Nodes.
    pub fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    pub(super) fn events(&self) -> &Events {
        &self.events
    }

    /// Asks the index. Never held across a call.
    pub fn index<T>(&self, f: impl FnOnce(&Index) -> T) -> T {
        f(&self.index.lock())
    }

    /// Gives up the room that a burst took and nothing is in any more.
    pub(crate) fn shrink(&self) {
        self.index.lock().shrink();
    }

    /// The host's name for a tenant object.
    pub(super) fn host_name(&self, id: &Id) -> String {
        self.host_place(id).1
    }

    /// Where the host has a tenant object: its namespace, empty for one without, and its name.
    pub(super) fn host_place(&self, id: &Id) -> (&str, String) {
        self.settings.names.place(&id.namespace, &id.name)
    }

    pub(super) fn ownership(&self) -> &Ownership {
        &self.ownership
    }

    /// Takes in what a watch has to say. Returns whether a list is now whole.
    pub fn watched(&self, side: Side, kind: Kind, event: Event) -> bool {
        let metrics = self.cluster(side).metrics();
        match event {
            Event::Listing => {
                metrics.listing(side, kind);
                self.index.lock().listing(side, kind);
            }
            Event::Whole(version) => {
                let vanished = self.index.lock().listed(side, kind, version);
                self.push(side, Line::Resync, vanished);
                return true;
            }
            Event::Delete(object) => {
                metrics.shown(side, kind, object.version(), object.size());
                let changed = self.index.lock().gone(side, kind, &object);
                // What the host has said last of a pod is shown once, and its tenant is to know.
                let is_last_word = side == Side::Host && kind == Kind::Pod;
                let held = (is_last_word || self.is_known()).then_some(&object);
                self.push_with(changed, (side, Line::from(side)), kind, held);
            }
            Event::Apply(object) => {
                metrics.shown(side, kind, object.version(), object.size());
                self.shown((side, Line::from(side)), kind, &object);
            }
            Event::Listed(object) => {
                metrics.listed(side, kind, object.size());
                self.shown((side, Line::Resync), kind, &object);
            }
        }
        false
    }

    fn shown(&self, (side, line): (Side, Line), kind: Kind, object: &Object) {
        let (changed, line) = match kind {
            // A pod that is to run comes before what is told about it.
            Kind::Event => (vec![Key::new(kind, Id::new(object.namespace(), object.name()))], Line::Aside),
            _ => (self.seen(side, kind, object), line),
        };
        // Most of what is listed is as it is to be, and until that is known the text of all would be held.
        let held = (line != Line::Resync && self.is_known()).then_some(object);
        self.push_with(changed, (side, line), kind, held);
    }

    /// Now, for a question whose answer is to be taken in.
    pub(crate) fn asking(&self) -> Asked {
        self.index.lock().asking()
    }

    /// Takes in an object from an answer, and has the keys looked at that it concerns.
    pub(crate) fn learn(&self, side: Side, kind: Kind, object: Object, asked: Asked) {
        // The key at work too: the answer to our write may carry a change of somebody else's, which the watch then shows as
        // known already.
        let changed = self.index.lock().answered(side, kind, &object, asked);
        let held = (!self.stands_by()).then_some(&object);
        self.push_with(changed, (side, Line::from(side)), kind, held);
    }

    /// Takes in a copy that was sent to the host as `body` and stored as `answer`.
    pub(super) fn wrote(&self, body: &Value, answer: Object, at_work: &Key, asked: Asked) {
        let now = self.clock().instant();
        let (changed, truce) = self.index.lock().wrote(at_work.kind, body, (&answer, asked), now);
        if let Some(truce) = truce {
            let (kind, minutes) = (at_work.kind.name(), TRUCE.as_secs() / 60);
            let name = answer.name();
            tracing::warn!(
                kind,
                name,
                "someone keeps changing this copy; it is left so for {minutes} minutes"
            );
            self.work.push_later(truce, self.id, at_work.clone());
        }
        self.push(Side::Tenant, Line::Down, changed);
    }

    /// See [`Index::take_doubt`].
    pub(super) fn take_doubt(&self, key: &Key) -> Option<Box<str>> {
        self.index.lock().take_doubt(key)
    }

    /// See [`Index::doubt_again`].
    pub(super) fn doubt_again(&self, key: &Key) {
        self.index.lock().doubt_again(key);
    }

    /// The copy with this uid is gone, as the host says.
    pub(super) fn lost(&self, key: &Key, uid: &str) {
        let changed = self.index.lock().lost(key, uid);
        self.push(Side::Host, Line::Up, changed.into_iter().filter(|other| other != key).collect());
    }

    /// Deletes the copy that has this uid.
    pub(super) async fn delete_copy(
        &self,
        key: &Key,
        uid: &str,
        grace: Option<i64>,
    ) -> Result<(), SyncError> {
        let (namespace, name) = self.host_place(&key.id);
        self.host.delete(key.kind, (namespace, &name), uid, grace).await.doing("deleting the host's copy")?;
        self.index.lock().ended(key, uid);
        Ok(())
    }

    /// See [`Index::tokens_dropped`].
    pub(super) fn tokens_dropped(&self, pod: &Id, secret: &str) {
        self.index.lock().tokens_dropped(pod, secret);
    }

    /// Whether both sides are known, so that all may be decided. Until then there is only what was put ahead.
    pub(super) fn is_known(&self) -> bool {
        self.work.is_open(self.id)
    }

    /// Takes in a tenant's object whose origin is the host, sent with this content and stored as `answer`.
    pub(crate) fn raised_wrote(&self, kind: Kind, sent: u64, answer: &Object, asked: Asked) {
        let now = self.clock().instant();
        let (_, truce) = self.index.lock().raised_wrote(kind, sent, (answer, asked), now);
        if let Some(truce) = truce {
            let (kind_name, name, minutes) = (kind.name(), answer.name(), TRUCE.as_secs() / 60);
            tracing::warn!(
                kind = kind_name,
                name,
                "someone in the tenant keeps changing this; it is left so for {minutes} minutes"
            );
            self.work.push_later(truce, self.id, Key::new(kind, Id::new("", name)));
        }
    }

    /// Custom kinds, by group and name, whose objects are about to be looked for.
    pub(crate) fn await_users<'a>(&self, kinds: impl Iterator<Item = (&'a str, &'a str)>) {
        self.index.lock().await_users(kinds);
    }

    /// A custom kind of which the tenant has no objects, since it is not defined there.
    pub(crate) fn has_none_of(&self, group: &str, name: &str) {
        let changed = self.index.lock().users_known(group, name);
        self.push(Side::Tenant, Line::Down, changed);
    }

    /// One side is known to have no objects of a kind, since it does not know the kind.
    pub(crate) fn nothing_is_there(&self, side: Side, kind: Kind) {
        self.watched(side, kind, Event::Listing);
        self.watched(side, kind, Event::Whole(0));
    }

    /// A custom kind is about to be listed.
    pub(crate) fn unlist(&self, kind: Kind) {
        self.index.lock().unlist(kind);
    }

    /// The tenant pod has been bound by us.
    pub(super) fn bound(&self, id: &Id, uid: &str, node: &str) {
        self.index.lock().bound(id, uid, node);
    }

    /// An object as its API has it now.
    pub(super) async fn read(&self, side: Side, key: &Key) -> Result<Option<Object>, SyncError> {
        let (host_namespace, host_name) = self.host_place(&key.id);
        let (namespace, name) = match side {
            Side::Tenant => (&*key.id.namespace, &*key.id.name),
            Side::Host => (host_namespace, host_name.as_str()),
        };
        self.cluster(side).get(key.kind, namespace, name).await.doing("reading it")
    }

    /// A copy that someone kept changing has been left alone for long enough, and is looked at as it is now.
    pub(super) async fn end_truce(&self, key: &Key) -> Result<(), SyncError> {
        let side = self.index(|index| index.copied_to(key.kind));
        let asked = self.asking();
        let found = self.read(side, key).await?;
        self.index.lock().end_truce(key);
        if let Some(found) = found {
            self.learn(side, key.kind, found, asked);
        }
        Ok(())
    }

    /// An object as the index knows it or newer: the one in hand, or a fresh one.
    pub(super) async fn fetch<D>(
        &self,
        (side, key): (Side, &Key),
        known: Option<&Seen<D>>,
        hand: &mut Hand,
    ) -> Result<Option<Object>, SyncError> {
        let Some(known) = known else { return Ok(None) };
        if let Some(object) = hand.at(side, &known.uid, known.version) {
            return Ok(Some(object.clone()));
        }
        // The watch has shown more of it since this turn began.
        self.work.hand_over(self.id, key, hand);
        if let Some(object) = hand.at(side, &known.uid, known.version) {
            return Ok(Some(object.clone()));
        }
        let asked = self.asking();
        let object = self.read(side, key).await?;
        if let Some(object) = &object {
            self.learn(side, key.kind, object.clone(), asked);
            hand.hold(side, object.clone());
        }
        Ok(object)
    }

    /// Calls `f` with what a pod of `namespace` is translated in.
    pub(super) fn around<T>(
        &self,
        namespace: &str,
        sources: &Sources,
        f: impl FnOnce(&Surroundings<'_>) -> T,
    ) -> T {
        let (links, dns) = self.index(|index| (index.links(namespace), index.dns()));
        let rules = self.pod_rules();
        f(&Surroundings {
            ownership: &self.ownership,
            api: (&self.settings.api.0, self.settings.api.1),
            links: &links,
            sources,
            dns: dns.as_deref(),
            namespaces: &|selector| self.index(|index| index.namespaces(selector)),
            rules: &rules,
        })
    }

    /// What the tenant's pods may do: what was set, and to name the host's classes that the tenant has copies of.
    fn pod_rules(&self) -> Cow<'_, Rules> {
        let (runtimes, priorities) = self.index(|index| {
            (index.copied_from_host(Kind::RuntimeClass), index.copied_from_host(Kind::PriorityClass))
        });
        if runtimes.is_empty() && priorities.is_empty() {
            return Cow::Borrowed(&self.settings.pods);
        }
        let mut rules = self.settings.pods.clone();
        rules.runtime_classes.extend(runtimes);
        rules.priority_classes.extend(priorities);
        Cow::Owned(rules)
    }

    /// Calls `f` with what an object that is copied by one engine is translated in.
    pub(super) fn around_content<T>(&self, f: impl FnOnce(&Around<'_>) -> T) -> T {
        let namespaces = |selector: &Value| self.index(|index| index.namespaces(selector));
        f(&Around { ownership: &self.ownership, namespaces: &namespaces })
    }

    /// An object whose translation was outdated has been read again.
    pub(super) fn read_again(&self, key: &Key, object: &Object) {
        self.index.lock().read_again(key, object);
    }
}

/// The kinds whose origin is the host.
fn raised(kinds: &Kinds) -> impl Iterator<Item = Kind> {
    kinds.rows().iter().filter(|row| row.kind == Kind::Node || row.is_class()).map(|row| row.kind)
}
