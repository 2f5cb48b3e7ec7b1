//! Two sides of many objects of one kind.

use std::collections::HashMap;

use super::{Id, Uid, rows::Rows};
use crate::{kinds::Side, object::Object, room::Room};

/// One side of a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen<D> {
    /// `metadata.uid`.
    pub uid: Uid,
    /// `metadata.resourceVersion`.
    pub version: u64,
    /// The grace period in seconds, while it is being deleted.
    pub deleting: Option<i64>,
    /// What the kind's decisions need besides.
    pub detail: D,
    /// Whether its deletion by us was accepted.
    ended_by_us: bool,
    /// The list in which it was last seen.
    epoch: u32,
}

impl<D> Seen<D> {
    /// One side as it is now.
    pub fn new(uid: &str, version: u64, deleting: Option<i64>, detail: D) -> Self {
        Self { uid: uid.into(), version, deleting, detail, ended_by_us: false, epoch: 0 }
    }
}

/// A tenant object and its copy on the host. At least one of them is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair<T, H> {
    /// The tenant's.
    pub tenant: Option<Seen<T>>,
    /// The host's.
    pub host: Option<Seen<H>>,
}

impl<T, H> Default for Pair<T, H> {
    fn default() -> Self {
        Self { tenant: None, host: None }
    }
}

/// All pairs of one kind.
#[derive(Debug)]
pub struct Table<T, H> {
    rows: HashMap<Id, Pair<T, H>>,
    tenant_epoch: u32,
    host_epoch: u32,
    tenant_listed: bool,
    host_listed: bool,
}

impl<T, H> Default for Table<T, H> {
    fn default() -> Self {
        Self {
            rows: HashMap::new(),
            tenant_epoch: 0,
            host_epoch: 0,
            tenant_listed: false,
            host_listed: false,
        }
    }
}

impl<T, H> Table<T, H> {
    /// The pair of an id, if either side is there.
    pub fn get(&self, id: &Id) -> Option<&Pair<T, H>> {
        self.rows.get(id)
    }

    /// An id as it is held here.
    pub(super) fn id(&self, id: &Id) -> Option<&Id> {
        self.rows.get_key_value(id).map(|(id, _)| id)
    }

    /// How many objects of the tenant and of the host are there.
    pub fn held(&self) -> [usize; 2] {
        self.rows.values().fold([0, 0], |[tenant, host], pair| {
            [tenant + usize::from(pair.tenant.is_some()), host + usize::from(pair.host.is_some())]
        })
    }

    fn epoch(&self, side: Side) -> u32 {
        match side {
            Side::Tenant => self.tenant_epoch,
            Side::Host => self.host_epoch,
        }
    }

    /// All pairs.
    pub fn iter(&self) -> impl Iterator<Item = (&Id, &Pair<T, H>)> {
        self.rows.iter()
    }

    pub(super) fn tenant_mut(&mut self, id: &Id) -> Option<&mut Seen<T>> {
        self.rows.get_mut(id)?.tenant.as_mut()
    }

    /// The tenant's objects, to be changed.
    pub(super) fn tenants_mut(&mut self) -> impl Iterator<Item = (&Id, &mut Seen<T>)> {
        self.rows.iter_mut().filter_map(|(id, pair)| Some((id, pair.tenant.as_mut()?)))
    }

    /// Whether a side's object is known as it is here or newer. It counts as seen then.
    pub(super) fn is_known(&mut self, side: Side, id: &Id, object: &Object) -> bool {
        let (tenant_epoch, host_epoch) = (self.tenant_epoch, self.host_epoch);
        let Some(pair) = self.rows.get_mut(id) else { return false };
        match side {
            Side::Tenant => is_known(&mut pair.tenant, object, tenant_epoch),
            Side::Host => is_known(&mut pair.host, object, host_epoch),
        }
    }

    /// Returns whether this is news.
    pub(super) fn see_tenant(&mut self, id: &Id, object: &Object, detail: T) -> bool {
        let epoch = self.tenant_epoch;
        see(&mut self.rows.entry(id.clone()).or_default().tenant, object, detail, epoch)
    }

    /// Returns whether this is news.
    pub(super) fn see_host(&mut self, id: &Id, object: &Object, detail: H) -> bool {
        let epoch = self.host_epoch;
        see(&mut self.rows.entry(id.clone()).or_default().host, object, detail, epoch)
    }

    /// Whether both sides have been listed since [`Table::unlist`].
    pub(super) fn is_listed(&self) -> bool {
        self.tenant_listed && self.host_listed
    }

    /// Whether the host's objects have been listed.
    pub(super) fn is_listed_on_host(&self) -> bool {
        self.host_listed
    }

    /// Nobody watches it any more, so what is known may be outdated until it is listed again.
    pub(super) fn unlist(&mut self) {
        (self.tenant_listed, self.host_listed) = (false, false);
    }
}

impl<T, H> Rows for Table<T, H> {
    fn uid(&self, side: Side, id: &Id) -> Option<&str> {
        let pair = self.rows.get(id)?;
        match side {
            Side::Tenant => pair.tenant.as_ref().map(|seen| &*seen.uid),
            Side::Host => pair.host.as_ref().map(|seen| &*seen.uid),
        }
    }

    fn is_host_ending(&self, id: &Id) -> bool {
        let host = self.rows.get(id).and_then(|pair| pair.host.as_ref());
        host.is_some_and(|host| host.deleting.is_some() || host.ended_by_us)
    }

    fn end_host(&mut self, id: &Id, uid: &str) {
        let host = self.rows.get_mut(id).and_then(|pair| pair.host.as_mut());
        if let Some(host) = host.filter(|host| *host.uid == *uid) {
            host.ended_by_us = true;
        }
    }

    fn seen_in(&self, side: Side, id: &Id, uid: &str) -> Option<u32> {
        let pair = self.rows.get(id)?;
        match side {
            Side::Tenant => pair.tenant.as_ref().filter(|seen| *seen.uid == *uid).map(|seen| seen.epoch),
            Side::Host => pair.host.as_ref().filter(|seen| *seen.uid == *uid).map(|seen| seen.epoch),
        }
    }

    fn set_seen_in(&mut self, side: Side, id: &Id, list: Option<u32>) {
        let before = self.epoch(side).saturating_sub(1);
        let Some(pair) = self.rows.get_mut(id) else { return };
        let epoch = match side {
            Side::Tenant => pair.tenant.as_mut().map(|seen| &mut seen.epoch),
            Side::Host => pair.host.as_mut().map(|seen| &mut seen.epoch),
        };
        epoch.into_iter().for_each(|epoch| *epoch = list.unwrap_or(before));
    }

    fn unread(&mut self, side: Side, id: &Id) {
        let Some(pair) = self.rows.get_mut(id) else { return };
        let version = match side {
            Side::Tenant => pair.tenant.as_mut().map(|seen| &mut seen.version),
            Side::Host => pair.host.as_mut().map(|seen| &mut seen.version),
        };
        version.into_iter().for_each(|version| *version = 0);
    }

    fn lose(&mut self, side: Side, id: &Id, uid: &str) -> bool {
        let Some(pair) = self.rows.get_mut(id) else { return false };
        let lost = match side {
            Side::Tenant => pair.tenant.take_if(|seen| *seen.uid == *uid).is_some(),
            Side::Host => pair.host.take_if(|seen| *seen.uid == *uid).is_some(),
        };
        if pair.tenant.is_none() && pair.host.is_none() {
            self.rows.remove(id);
        }
        lost
    }

    fn listing(&mut self, side: Side) {
        match side {
            Side::Tenant => self.tenant_epoch += 1,
            Side::Host => self.host_epoch += 1,
        }
    }

    fn keep_unlisted(&mut self) -> Vec<Id> {
        let epoch = self.host_epoch;
        let unlisted = |pair: &mut Pair<T, H>| {
            let host = pair.host.as_mut().filter(|host| host.epoch < epoch)?;
            host.epoch = epoch;
            Some(())
        };
        self.rows.iter_mut().filter_map(|(id, pair)| unlisted(pair).map(|()| id.clone())).collect()
    }

    fn listed(&mut self, side: Side) -> Vec<Id> {
        match side {
            Side::Tenant => self.tenant_listed = true,
            Side::Host => self.host_listed = true,
        }
        let (tenant_epoch, host_epoch) = (self.tenant_epoch, self.host_epoch);
        let mut vanished = Vec::new();
        self.rows.retain(|id, pair| {
            let lost = match side {
                Side::Tenant => pair.tenant.take_if(|seen| seen.epoch < tenant_epoch).is_some(),
                Side::Host => pair.host.take_if(|seen| seen.epoch < host_epoch).is_some(),
            };
            if lost {
                vanished.push(id.clone());
            }
            pair.tenant.is_some() || pair.host.is_some()
        });
        vanished
    }
}

impl<T, H> Room for Table<T, H> {
    fn shrink(&mut self) {
        self.rows.shrink();
    }
}

fn is_known<D>(slot: &mut Option<Seen<D>>, object: &Object, epoch: u32) -> bool {
    let Some(known) = slot else { return false };
    let is_known = *known.uid == *object.uid() && known.version >= object.version();
    if is_known {
        known.epoch = epoch;
    }
    is_known
}

fn see<D>(slot: &mut Option<Seen<D>>, object: &Object, detail: D, epoch: u32) -> bool {
    if is_known(slot, object, epoch) {
        return false;
    }
    *slot = Some(Seen { epoch, ..Seen::new(object.uid(), object.version(), object.deleting(), detail) });
    true
}
