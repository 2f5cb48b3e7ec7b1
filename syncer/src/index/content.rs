//! Kinds whose objects are copied whole: where they are kept, and which of them are wanted on the host.

use std::collections::HashMap;

use super::{HostCopy, Id, Index, Key, Table, Volume, Wanted, digest::content_hash};
use crate::{
    kinds::Kind,
    object::Object,
    room::Room,
    translate::content::{self, Around},
};

/// One table per kind.
#[derive(Debug, Default)]
pub(super) struct Contents {
    tables: HashMap<Kind, Table<Wanted, HostCopy>>,
    /// Stands for every kind of which nothing has been seen.
    none: Table<Wanted, HostCopy>,
}

impl Contents {
    pub(super) fn of(&self, kind: Kind) -> &Table<Wanted, HostCopy> {
        self.tables.get(&kind).unwrap_or(&self.none)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Kind, &Table<Wanted, HostCopy>)> {
        self.tables.iter().map(|(kind, table)| (*kind, table))
    }

    pub(super) fn shrink(&mut self) {
        self.tables.values_mut().for_each(Room::shrink);
    }

    pub(super) fn of_mut(&mut self, kind: Kind) -> &mut Table<Wanted, HostCopy> {
        self.tables.entry(kind).or_default()
    }
}

impl Index {
    /// The pairs of a kind that is copied whole.
    pub fn contents(&self, kind: Kind) -> &Table<Wanted, HostCopy> {
        self.contents.of(kind)
    }

    /// Whether the host should have a copy: of a ConfigMap or Secret while something synced names it, of endpoints while
    /// their Service has no selector, of all else always.
    pub fn is_wanted(&self, key: &Key) -> bool {
        match key.kind {
            Kind::ConfigMap | Kind::Secret => self.references.is_used(key) || self.may_be_used(key),
            Kind::Endpoints | Kind::EndpointSlice => {
                let tenant = self.contents(key.kind).get(&key.id).and_then(|pair| pair.tenant.as_ref());
                let service = tenant.and_then(|tenant| tenant.detail.service.as_deref());
                service.is_some_and(|name| self.is_without_selector(&Id::new(&key.id.namespace, name)))
            }
            _ => true,
        }
    }

    /// Whether the tenant lacks the volume that stands for the one that is bound to the copy of a claim.
    pub fn lacks_volume(&self, key: &Key) -> bool {
        let Some(pair) = self.contents(key.kind).get(&key.id) else { return false };
        let (Some(tenant), Some(host)) = (&pair.tenant, &pair.host) else { return false };
        let Some(name) = host.detail.volume.as_deref() else { return false };
        let volume = self.volumes.get(&Id::new("", name)).and_then(|pair| pair.tenant.as_ref());
        volume.is_none_or(|volume| volume.detail.claim_uid != tenant.uid)
    }

    /// Whether the claim of a volume is there.
    pub fn is_claimed(&self, volume: &Volume) -> bool {
        let claim = self.contents(Kind::PersistentVolumeClaim).get(&volume.claim);
        claim.and_then(|pair| pair.tenant.as_ref()).is_some_and(|claim| claim.uid == volume.claim_uid)
    }

    pub(super) fn is_without_selector(&self, service: &Id) -> bool {
        let tenant = self.services.get(service).and_then(|pair| pair.tenant.as_ref());
        tenant.is_some_and(|tenant| tenant.deleting.is_none() && !tenant.detail.selects) && !service.is_api()
    }

    /// Endpoints and EndpointSlices of a tenant's Service.
    pub(super) fn endpoints_of(&self, service: &Id) -> Vec<Key> {
        let key = Key::new(Kind::Service, service.clone());
        let slices = self.references.users(&key).filter(|user| user.kind == Kind::EndpointSlice).cloned();
        let endpoints = self.contents(Kind::Endpoints).get(service).is_some();
        let endpoints = endpoints.then(|| Key::new(Kind::Endpoints, service.clone()));
        endpoints.into_iter().chain(slices).collect()
    }

    pub(super) fn tenant_content_seen(&mut self, kind: Kind, id: Id, object: &Object) -> Vec<Key> {
        let tree = object.tree();
        let wanted = self.wanted(kind, &tree);
        let service = wanted.service.as_deref().map(|name| (Kind::Service, Id::new(&id.namespace, name)));
        if !self.contents.of_mut(kind).see_tenant(&id, object, wanted) {
            return Vec::new();
        }
        let key = Key::new(kind, id);
        let named = content::named(kind, &tree, self.names())
            .into_iter()
            .chain(service.filter(|_| kind == Kind::EndpointSlice));
        let mut changed = self.references.set(&key, named.map(|(kind, id)| Key::new(kind, id)).collect());
        // A Service does not depend on who belongs to it.
        changed.retain(|key| key.kind != Kind::Service);
        changed.push(key);
        changed
    }

    /// An object whose translation was outdated has been read again.
    pub fn read_again(&mut self, key: &Key, object: &Object) {
        let wanted = self.wanted(key.kind, &object.tree());
        if let Some(seen) =
            self.contents.of_mut(key.kind).tenant_mut(&key.id).filter(|seen| *seen.uid == *object.uid())
        {
            seen.detail = wanted;
        }
    }

    fn wanted(&self, kind: Kind, tree: &serde_json::Value) -> Wanted {
        let namespaces = |selector: &serde_json::Value| self.namespaces(selector);
        Wanted::of(kind, tree, &Around { ownership: &self.ownership, namespaces: &namespaces })
    }

    pub(super) fn host_content_seen(&mut self, kind: Kind, id: Id, object: &Object) -> Vec<Key> {
        let key = Key::new(kind, id);
        let shown = self.shown(kind, &key.id, object.tree());
        let copy = HostCopy::of(kind, object, &shown, self.present(&key, &object.tree()));
        let before = self.contents(kind).get(&key.id).and_then(|pair| pair.host.as_ref());
        let first = before.is_none_or(|host| host.detail.copied.tenant_uid != copy.copied.tenant_uid);
        if !self.contents.of_mut(kind).see_host(&key.id, object, copy) {
            return Vec::new();
        }
        let users = self.references.users(&key).filter(|user| first && user.kind == Kind::Pod);
        let mut changed: Vec<Key> = users.cloned().collect();
        changed.push(key);
        changed
    }

    /// What a tenant's object that is gone has named, and the volume that was bound to it.
    pub(super) fn content_lost(&mut self, key: &Key) -> Vec<Key> {
        let volumes = self.references.users(key).filter(|user| user.kind == Kind::PersistentVolume);
        let volumes: Vec<Key> = volumes.cloned().collect();
        let mut changed = self.references.set(key, Vec::new());
        changed.retain(|key| key.kind != Kind::Service);
        changed.extend(volumes);
        changed
    }

    pub(super) fn volume_seen(&mut self, id: Id, object: &Object) -> Vec<Key> {
        let volume = Volume::of(object);
        let claim = Key::new(Kind::PersistentVolumeClaim, volume.claim.clone());
        if !self.volumes.see_tenant(&id, object, volume) {
            return Vec::new();
        }
        let key = Key::new(Kind::PersistentVolume, id);
        self.references.set(&key, vec![claim]);
        vec![key]
    }

    /// The claim of a volume that is gone may need another.
    pub(super) fn volume_lost(&mut self, key: &Key) -> Vec<Key> {
        let claim = self.references.of(key).to_vec();
        self.references.set(key, Vec::new());
        claim
    }

    /// The content that a host copy counts as.
    pub(super) fn present(&self, key: &Key, tree: &serde_json::Value) -> u64 {
        self.written.counts_as(key, content_hash(key.kind, tree))
    }
}
