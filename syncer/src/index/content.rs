//! Kinds whose objects are copied whole: where they are kept, and which of them are wanted on the host.

use std::collections::HashMap;

use super::{Copied, Id, Index, Key, Table, Wanted, digest::content_hash};
use crate::{kinds::Kind, object::Object};

/// One table per kind.
#[derive(Debug, Default)]
pub(super) struct Contents {
    tables: HashMap<Kind, Table<Wanted, Copied>>,
    /// Stands for every kind of which nothing has been seen.
    none: Table<Wanted, Copied>,
}

impl Contents {
    pub(super) fn of(&self, kind: Kind) -> &Table<Wanted, Copied> {
        self.tables.get(&kind).unwrap_or(&self.none)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Kind, &Table<Wanted, Copied>)> {
        self.tables.iter().map(|(kind, table)| (*kind, table))
    }

    pub(super) fn of_mut(&mut self, kind: Kind) -> &mut Table<Wanted, Copied> {
        self.tables.entry(kind).or_default()
    }
}

impl Index {
    /// The pairs of a kind that is copied whole.
    pub fn contents(&self, kind: Kind) -> &Table<Wanted, Copied> {
        self.contents.of(kind)
    }

    /// Whether the host should have a copy: of a ConfigMap or Secret while a synced pod names it, of endpoints while
    /// their Service has no selector.
    pub fn is_wanted(&self, key: &Key) -> bool {
        if matches!(key.kind, Kind::ConfigMap | Kind::Secret) {
            return self.references.is_used(key);
        }
        let tenant = self.contents(key.kind).get(&key.id).and_then(|pair| pair.tenant.as_ref());
        let Some(service) = tenant.and_then(|tenant| tenant.detail.service.as_deref()) else { return false };
        self.is_without_selector(&Id::new(&key.id.namespace, service))
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
        let wanted = Wanted::of(kind, object, &self.ownership);
        let service = wanted.service.as_deref().map(|service| Id::new(&id.namespace, service));
        if !self.contents.of_mut(kind).see_tenant(&id, object, wanted) {
            return Vec::new();
        }
        let key = Key::new(kind, id);
        if kind == Kind::EndpointSlice {
            let service = service.map(|service| Key::new(Kind::Service, service));
            self.references.set(&key, service.into_iter().collect());
        }
        vec![key]
    }

    pub(super) fn host_content_seen(&mut self, kind: Kind, id: Id, object: &Object) -> Vec<Key> {
        let key = Key::new(kind, id);
        let copied = Copied::of(object, self.present(&key, object));
        let first = self.contents(kind).get(&key.id).is_none_or(|pair| pair.host.is_none());
        if !self.contents.of_mut(kind).see_host(&key.id, object, copied) {
            return Vec::new();
        }
        let users = self.references.users(&key).filter(|user| first && user.kind == Kind::Pod);
        let mut changed: Vec<Key> = users.cloned().collect();
        changed.push(key);
        changed
    }

    /// The content that a host copy counts as.
    pub(super) fn present(&self, key: &Key, object: &Object) -> u64 {
        self.written.counts_as(key, content_hash(key.kind, &object.tree()))
    }
}
