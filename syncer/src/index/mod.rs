//! What is known of both sides: names, uids, versions and hashes, never whole objects. Pure: no I/O, no clock.
//!
//! Objects come in through [`Index::seen`] and [`Index::gone`], from watches and from the answers to our own writes
//! alike; out come the keys whose two sides may now differ.

mod answers;
mod content;
mod copied;
mod copies;
mod custom;
mod digest;
mod doubt;
mod lookup;
mod namespaces;
mod raised;
mod references;
mod rows;
mod table;
mod tokens;
mod uid;
mod words;
mod written;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

pub use answers::Asked;
pub use copied::{HostCopy, Translated, Volume, Wanted};
pub use copies::Copy;
pub use digest::{Address, Copied, HostPod, HostService, ServicePort, TenantPod, TenantService, hash};
pub use lookup::Link;
pub use raised::{Origin, Raised};
pub use references::References;
pub use table::{Pair, Seen, Table};
pub use tokens::{KnownTokens, Token};
pub use uid::Uid;
pub use written::TRUCE;

use rows::Rows;
use serde_json::Value;

use crate::{
    kinds::{Custom, Kind, Side},
    names::{Names, marks},
    object::Object,
    room::Room,
    translate::{metadata::Ownership, status::View},
};

/// A tenant object's namespace and name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id {
    /// The tenant's namespace.
    pub namespace: Arc<str>,
    /// The tenant's name.
    pub name: Arc<str>,
}

const DNS: (&str, &str) = ("kube-system", "kube-dns");

impl Id {
    /// The id of `namespace/name`.
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }

    /// Whether this is the Service of the tenant's own API, which its API server keeps with its endpoints, and which
    /// the host has under the plane's Service.
    pub fn is_api(&self) -> bool {
        (&*self.namespace, &*self.name) == ("default", "kubernetes")
    }

    /// Whether this is the Service of the tenant's own DNS, where it has one.
    pub fn is_dns(&self) -> bool {
        (&*self.namespace, &*self.name) == DNS
    }
}

/// What is reconciled at once: a tenant object and its copy on the host.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The kind of both.
    pub kind: Kind,
    /// The tenant's name for it.
    pub id: Id,
}

impl Key {
    /// The key of an object of `kind`.
    pub fn new(kind: Kind, id: Id) -> Self {
        Self { kind, id }
    }
}

/// One virtual cluster, seen from both sides.
#[derive(Debug)]
pub struct Index {
    /// Names, without an owner: it says nothing of content.
    ownership: Ownership,
    /// The address of the tenant's Nodes, which stands in its pods' status.
    node_address: String,
    /// Whether the tenant's API server counts the changes of pods' specs.
    counts_generations: bool,
    /// Pods.
    pub pods: Table<TenantPod, HostPod>,
    /// Services.
    pub services: Table<TenantService, HostService>,
    contents: content::Contents,
    raising: raised::Raising,
    written: written::Written,
    /// Volumes of the tenant that stand for the host's.
    pub volumes: Table<Volume, ()>,
    /// Token Secrets by pod.
    tokens: Table<(), Token>,
    /// Copies by the host's uid, for events.
    copies: copies::Copies,
    /// Host pods by uid whose tenant pods were removed while they ran.
    forced: HashMap<Uid, Id>,
    /// Copies of which it has to be asked whether they are gone.
    doubts: HashSet<Key>,
    shown: answers::Shown,
    /// Which pods name which ConfigMaps and Secrets, and which EndpointSlices which Service. A pod counts until both of
    /// its sides are gone.
    references: References,
    namespaces: Table<namespaces::Labels, ()>,
    words: words::Words,
    /// Custom kinds, by group and name, of which it is not known yet what the tenant has and what that names.
    awaited: HashSet<(Box<str>, Box<str>)>,
    /// Custom kinds in the version in which they are served now.
    served: HashSet<Custom>,
}

impl Index {
    /// An index that has seen nothing, of a tenant whose Nodes have `node_address`.
    pub fn new(names: Names, node_address: impl Into<String>) -> Self {
        Self {
            ownership: Ownership { names, owner: None },
            node_address: node_address.into(),
            counts_generations: false,
            pods: Table::default(),
            services: Table::default(),
            contents: content::Contents::default(),
            raising: raised::Raising::default(),
            written: written::Written::default(),
            volumes: Table::default(),
            tokens: Table::default(),
            copies: copies::Copies::default(),
            forced: HashMap::new(),
            doubts: HashSet::new(),
            shown: answers::Shown::default(),
            references: References::default(),
            namespaces: Table::default(),
            words: words::Words::default(),
            awaited: HashSet::new(),
            served: HashSet::new(),
        }
    }

    /// The same, of a tenant whose API server counts the changes of pods' specs, or does not. One that does not keeps
    /// for good whatever generation a pod was made with.
    #[must_use]
    pub fn counting_generations(mut self, counts: bool) -> Self {
        self.counts_generations = counts;
        self
    }

    /// The names of this virtual cluster's objects.
    pub fn names(&self) -> &Names {
        &self.ownership.names
    }

    /// Takes in an object as a watch shows it; returns the keys to look at again.
    ///
    /// Something older than what is known already says nothing and returns nothing: a watch that lags behind our own
    /// writes must not undo what they taught us.
    pub fn seen(&mut self, side: Side, kind: Kind, object: &Object) -> Vec<Key> {
        self.shown.note(side, kind, object.version());
        self.take_in(side, kind, object)
    }

    fn take_in(&mut self, side: Side, kind: Kind, object: &Object) -> Vec<Key> {
        if self.raising.has(kind) {
            return self.raised_seen(side, kind, object);
        }
        let Some(id) = self.id(side, object) else { return Vec::new() };
        if side == Side::Tenant {
            return self.take_in_as(side, kind, id, object);
        }
        self.copies.see(kind, &id, object);
        let key = Key::new(kind, id);
        let former = self.host_uid(&key).filter(|former| *former != object.uid()).map(Uid::from);
        let changed = self.take_in_as(side, kind, key.id.clone(), object);
        // Of two of one name one is over, whose end need not be told any more.
        if let Some(former) = former {
            let is_present = self.host_uid(&key) == Some(object.uid());
            let over = if is_present { &*former } else { object.uid() };
            self.copies.lose(over);
            self.forced.remove(over);
        }
        changed
    }

    fn take_in_as(&mut self, side: Side, kind: Kind, id: Id, object: &Object) -> Vec<Key> {
        // Our own writes come back by the watch, and reading them again teaches nothing.
        if kind == Kind::Pod && self.pods.is_known(side, &id, object) {
            return Vec::new();
        }
        match (kind, side) {
            (Kind::Pod, Side::Tenant) => self.tenant_pod_seen(id, object),
            (Kind::Pod, Side::Host) => {
                let view = View::of(object, &id, &self.ownership.names, &self.node_address);
                let tree = digest::host_tree(kind, object);
                let content = self.present(&Key::new(kind, id.clone()), &tree);
                let pod = HostPod::of(object, &tree, content, &view, &mut self.words);
                let fresh = self.pods.see_host(&id, object, pod);
                keys(fresh, kind, id)
            }
            (Kind::Service, Side::Tenant) => self.tenant_service_seen(id, object),
            (Kind::Service, Side::Host) => {
                let key = Key::new(kind, id);
                let service = HostService::of(object, self.present(&key, &object.tree()));
                let fresh = self.services.see_host(&key.id, object, service);
                keys(fresh, kind, key.id)
            }
            (Kind::PodToken, Side::Host) => self.token_seen(id, object),
            (Kind::Namespace, Side::Tenant) => self.namespace_seen(&id, object),
            (Kind::PersistentVolume, Side::Tenant) => self.volume_seen(id, object),
            (kind, Side::Tenant) if kind.is_copied() => self.tenant_content_seen(kind, id, object),
            (kind, Side::Host) if kind.is_copied() => self.host_content_seen(kind, id, object),
            _ => Vec::new(),
        }
    }

    /// Takes in that an object is gone.
    pub fn gone(&mut self, side: Side, kind: Kind, object: &Object) -> Vec<Key> {
        self.shown.note(side, kind, object.version());
        if self.raising.has(kind) {
            return self.raised_gone(side, kind, object);
        }
        let Some(id) = self.id(side, object) else { return Vec::new() };
        if kind == Kind::PodToken {
            return keys(self.tokens.lose(side, &id, object.uid()), Kind::Pod, id);
        }
        let key = Key::new(kind, id);
        if side == Side::Host && self.is_surprising(&key, object) {
            self.doubts.insert(key.clone());
            return vec![key];
        }
        self.lose(side, key, object.uid())
    }

    fn lose(&mut self, side: Side, key: Key, uid: &str) -> Vec<Key> {
        if side == Side::Host {
            self.copies.lose(uid);
        }
        if key.kind == Kind::Pod {
            self.forced.remove(uid);
            let behind = self.host_pod_left_behind(side, &key.id, uid);
            self.forced.extend(behind.map(|uid| (uid, key.id.clone())));
        }
        let is_news = self.rows_mut(key.kind).is_some_and(|rows| rows.lose(side, &key.id, uid));
        if is_news && side == Side::Host {
            self.doubts.remove(&key);
        }
        if is_news { self.after_loss(side, key.kind, key.id) } else { Vec::new() }
    }

    /// A list of this kind begins: whatever is not seen before [`Index::listed`] has vanished meanwhile.
    pub fn listing(&mut self, side: Side, kind: Kind) {
        self.shown.listing(side, kind);
        if self.raising.has(kind) {
            return self.raised_listing(side, kind);
        }
        if side == Side::Host {
            self.copies.listing(kind);
        }
        if let Some(rows) = self.rows_mut(kind) {
            rows.listing(side);
        }
    }

    /// A list of this kind is whole, as of this version.
    pub fn listed(&mut self, side: Side, kind: Kind, version: u64) -> Vec<Key> {
        self.shown.listed(side, kind, version);
        if self.raising.has(kind) {
            return self.raised_listed(side, kind);
        }
        if kind == Kind::PodToken {
            return self.tokens_listed(side);
        }
        let mut doubted = Vec::new();
        if side == Side::Host {
            self.copies.listed(kind);
            doubted = self.doubt_unlisted(kind);
        }
        let vanished = self.rows_mut(kind).map(|rows| rows.listed(side)).unwrap_or_default();
        if kind == Kind::Pod {
            let host = |id: &Id| self.pods.get(id).and_then(|pair| pair.host.as_ref());
            self.forced.retain(|uid, id| host(id).is_some_and(|host| host.uid == *uid));
        }
        let vanished = vanished.into_iter().flat_map(|id| self.after_loss(side, kind, id));
        let mut changed: Vec<Key> = doubted.into_iter().chain(vanished).collect();
        if let Kind::Custom(custom) = kind {
            changed.extend(self.custom_listed(side, custom));
        }
        changed
    }

    /// The tenant pod with this uid has been bound by us, ahead of the watch.
    pub fn bound(&mut self, id: &Id, uid: &str, node: &str) {
        if let Some(seen) = self.pods.tenant_mut(id).filter(|seen| *seen.uid == *uid) {
            seen.detail.node = Some(self.words.shared(node));
        }
    }

    /// The uid of the host pod that still runs when its tenant pod goes: the tenant did not wait for its containers to
    /// end. One that was not bound yet, or has ended, goes at once without anybody's haste.
    fn host_pod_left_behind(&self, side: Side, id: &Id, uid: &str) -> Option<Uid> {
        let pair = self.pods.get(id).filter(|_| side == Side::Tenant)?;
        let (tenant, host) = (pair.tenant.as_ref()?, pair.host.as_ref()?);
        let is_copy = *tenant.uid == *uid && host.detail.copied.tenant_uid == tenant.uid;
        let runs = tenant.detail.started && !tenant.detail.finished && !host.detail.finished;
        (is_copy && runs && host.deleting != Some(0)).then(|| host.uid.clone())
    }

    fn tenant_pod_seen(&mut self, id: Id, object: &Object) -> Vec<Key> {
        let known = self.pods.get(&id).and_then(|pair| pair.tenant.as_ref());
        let same = known.filter(|known| *known.uid == *object.uid());
        let form = digest::Form::of(object).filter(|_| self.counts_generations);
        if let Some(pod) = same.and_then(|known| known.detail.again(object, form, &mut self.words)) {
            let is_news = self.pods.see_tenant(&id, object, pod);
            return keys(is_news, Kind::Pod, id);
        }
        let (pod, names) = TenantPod::of(object, form, &self.ownership, &mut self.words);
        if !self.pods.see_tenant(&id, object, pod) {
            return Vec::new();
        }
        let key = Key::new(Kind::Pod, id);
        let mut changed = self.references.set(&key, names);
        changed.push(key);
        changed
    }

    fn tenant_service_seen(&mut self, id: Id, object: &Object) -> Vec<Key> {
        let before = self.is_without_selector(&id);
        let service = TenantService::of(object, &self.ownership);
        if !self.services.see_tenant(&id, object, service) {
            return Vec::new();
        }
        let is_other = self.is_without_selector(&id) != before;
        let mut changed = if is_other { self.endpoints_of(&id) } else { Vec::new() };
        changed.push(Key::new(Kind::Service, id));
        changed
    }

    /// A copy was sent to the host as `body` and stored as `answer`. Returns the keys to look at again, and how long the
    /// copy is left alone if someone keeps changing it.
    pub fn wrote(
        &mut self,
        kind: Kind,
        body: &Value,
        (answer, asked): (&Object, Asked),
        now: Instant,
    ) -> (Vec<Key>, Option<Duration>) {
        let Some(id) = self.id(Side::Host, answer) else { return (Vec::new(), None) };
        let stored = digest::content_hash(kind, &digest::host_tree(kind, answer));
        let sent = digest::content_hash(kind, body);
        let truce = self.written.note(&Key::new(kind, id), sent, stored, now);
        (self.answered(Side::Host, kind, answer, asked), truce)
    }

    /// Whether a copy that someone kept changing has been left alone for long enough.
    pub fn is_truce_over(&self, key: &Key, now: Instant) -> bool {
        self.written.is_truce_over(key, now)
    }

    /// It is to be put right again: what it holds is news when it is read next.
    pub fn end_truce(&mut self, key: &Key) {
        self.written.forget(key);
        let side = self.copied_to(key.kind);
        if let Some(rows) = self.rows_mut(key.kind) {
            rows.unread(side, &key.id);
        }
    }

    /// The side that has the copies of a kind.
    pub fn copied_to(&self, kind: Kind) -> Side {
        if self.raising.has(kind) { Side::Tenant } else { Side::Host }
    }

    fn after_loss(&mut self, side: Side, kind: Kind, id: Id) -> Vec<Key> {
        let key = Key::new(kind, id);
        let mut changed = match (kind, side) {
            (Kind::Pod, _) if self.pods.get(&key.id).is_none() => self.references.set(&key, Vec::new()),
            (Kind::Service, Side::Tenant) => self.endpoints_of(&key.id),
            (Kind::PersistentVolume, _) => self.volume_lost(&key),
            (Kind::Namespace, _) => self.outdate(),
            // What finalizers on the host still do may need what it names.
            (Kind::Custom(_), _) if self.contents(kind).get(&key.id).is_some() => Vec::new(),
            (Kind::Custom(_), _) => self.content_lost(&key),
            (kind, Side::Tenant) if kind.is_copied() => self.content_lost(&key),
            _ => Vec::new(),
        };
        if side == Side::Host {
            self.written.forget(&key);
        }
        changed.push(key);
        changed
    }

    /// Whose key an object belongs to; none for a host object that is not ours.
    fn id(&mut self, side: Side, object: &Object) -> Option<Id> {
        match side {
            Side::Tenant => Some(self.known_id(object.namespace(), object.name())),
            Side::Host => {
                let origin = marks::origin(&self.ownership.names, object);
                origin.map(|(namespace, name)| self.known_id(namespace, name))
            }
        }
    }

    /// The id of `namespace/name`, with the one copy of the namespace's name. Of a pod it is the one that is held already:
    /// its tokens and our notes on it, of which there are as many as pods, share its texts.
    fn known_id(&mut self, namespace: &str, name: &str) -> Id {
        let id = Id { namespace: self.words.shared(namespace), name: name.into() };
        self.pods.id(&id).cloned().unwrap_or(id)
    }

    /// Gives up the room that a burst took and nothing is in any more.
    pub fn shrink(&mut self) {
        self.pods.shrink();
        self.services.shrink();
        self.contents.shrink();
        self.tokens.shrink();
        self.copies.shrink();
        self.references.shrink();
        self.written.shrink();
        self.words.shrink();
    }
}

fn keys(fresh: bool, kind: Kind, id: Id) -> Vec<Key> {
    if fresh { vec![Key::new(kind, id)] } else { Vec::new() }
}

#[cfg(test)]
mod tests;
