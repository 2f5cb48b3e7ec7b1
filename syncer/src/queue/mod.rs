//! Keys that wait for their turn, fair between tenants. Pure: who calls it does the waiting.
//!
//! Deficit round-robin over one lane per tenant, O(1) a turn; within a lane, what happens now goes before what a list has
//! shown. A key is in a lane once, however often it is pushed, and never in two hands at once: pushed again while it is
//! worked on, it comes back when that is done.

mod lane;
mod later;

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

pub use lane::Line;
pub use later::Later;

use self::lane::Lane;

/// What may go along with a key; of two for the same key, one remains.
pub trait Merge {
    /// Takes in what came later.
    fn merge(&mut self, later: Self);
}

/// A tenant's number in its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(pub u32);

/// How it stands with a tenant's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lengths<'a, V> {
    /// Keys that wait.
    pub waiting: usize,
    /// Keys that are worked on.
    pub busy: usize,
    /// Keys that failed last time.
    pub failing: usize,
    /// What goes along with the key that is next.
    pub next: Option<&'a V>,
}

/// Keys that may be worked on at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of all tenants, as far as they wait for the host. A tenant of whom no key is worked on may have one beyond it.
    pub all: usize,
    /// Of one tenant.
    pub of_tenant: usize,
}

/// Keys that a tenant may have worked on per turn before the next tenant's.
const QUANTUM: u32 = 8;

/// The keys of all tenants.
#[derive(Debug)]
pub struct Queue<K, V> {
    lanes: HashMap<TenantId, Lane<K, V>>,
    /// The tenants that have a key to give.
    ring: VecDeque<TenantId>,
    limits: Limits,
    /// Keys that are worked on and count against the limit of all.
    counted: usize,
}

impl<K: Clone + Eq + Hash, V: Merge> Queue<K, V> {
    /// An empty queue without tenants.
    pub fn new(limits: Limits) -> Self {
        Self { lanes: HashMap::new(), ring: VecDeque::new(), limits, counted: 0 }
    }

    /// From now on keys of this tenant are taken; none but what goes ahead is given out before it is opened.
    pub fn add(&mut self, tenant: TenantId) {
        let most = self.limits.of_tenant;
        self.lanes.entry(tenant).or_insert_with(|| Lane::new(most));
    }

    /// From now on its keys are given out.
    pub fn open(&mut self, tenant: TenantId) {
        if let Some(lane) = self.lanes.get_mut(&tenant) {
            lane.is_open = true;
        }
        self.enter(tenant);
    }

    /// Whether all of its keys are given out.
    pub fn is_open(&self, tenant: TenantId) -> bool {
        self.lanes.get(&tenant).is_some_and(|lane| lane.is_open)
    }

    /// Forgets a tenant and all of its keys.
    pub fn remove(&mut self, tenant: TenantId) {
        if let Some(lane) = self.lanes.remove(&tenant) {
            self.counted -= lane.counted();
        }
        self.ring.retain(|other| *other != tenant);
    }

    /// Adds a key, or merges `value` into the one that waits already. Keys of tenants that are not there are dropped.
    pub fn push(&mut self, tenant: TenantId, key: K, line: Line, value: V) {
        if let Some(lane) = self.lanes.get_mut(&tenant) {
            lane.push(key, line, value);
            self.enter(tenant);
        }
    }

    /// Takes away what waits for a key.
    pub fn take_back(&mut self, tenant: TenantId, key: &K) -> Option<V> {
        let lane = self.lanes.get_mut(&tenant)?;
        let value = lane.take_back(key);
        if lane.in_ring && !lane.may_give() {
            (lane.in_ring, lane.deficit) = (false, 0);
            self.ring.retain(|other| *other != tenant);
        }
        value
    }

    /// Takes away what waits for a key, and that it has failed.
    pub fn forget(&mut self, tenant: TenantId, key: &K) {
        self.take_back(tenant, key);
        if let Some(lane) = self.lanes.get_mut(&tenant) {
            lane.forgive(key);
        }
    }

    /// The next key to work on, until [`Queue::done`] says that it is done.
    pub fn pop(&mut self) -> Option<(TenantId, K, V)> {
        let at = self.turn()?;
        let tenant = *self.ring.get(at)?;
        let lane = self.lanes.get_mut(&tenant)?;
        if lane.deficit == 0 {
            lane.deficit = QUANTUM;
        }
        lane.deficit -= 1;
        let taken = lane.pop();
        if !lane.may_give() {
            self.ring.remove(at);
            lane.in_ring = false;
            lane.deficit = 0;
        } else if lane.deficit == 0 && at == 0 {
            self.ring.rotate_left(1);
        }
        let (key, value) = taken?;
        self.counted += 1;
        Some((tenant, key, value))
    }

    /// Gives up the room that nothing is in.
    pub fn shrink(&mut self) {
        self.lanes.values_mut().for_each(Lane::shrink);
    }

    /// Whose turn it is, as a place in the ring. While all places are taken, it is that of a tenant who has none.
    fn turn(&self) -> Option<usize> {
        if self.counted < self.limits.all {
            return Some(0);
        }
        let has_none = |tenant| self.lanes.get(tenant).is_some_and(Lane::is_idle);
        self.ring.iter().position(has_none)
    }

    /// A key that is worked on waits for its tenant's API server, and counts no more against the limit of all.
    pub fn set_apart(&mut self, tenant: TenantId, key: &K) {
        if self.lanes.get_mut(&tenant).is_some_and(|lane| lane.set_apart(key)) {
            self.counted -= 1;
        }
    }

    /// A key has been worked on, and is to be tried again where that failed.
    pub fn done(&mut self, tenant: TenantId, key: &K, failed: bool) {
        let Some(lane) = self.lanes.get_mut(&tenant) else { return };
        self.counted -= usize::from(lane.done(key, failed));
        self.enter(tenant);
    }

    /// How often in a row a key has failed.
    pub fn failures(&self, tenant: TenantId, key: &K) -> u32 {
        self.lanes.get(&tenant).map_or(0, |lane| lane.failures(key))
    }

    /// What has come for a key since it is worked on. It stays, and the key comes again: who works on it may already
    /// have decided without it.
    pub fn waiting(&self, tenant: TenantId, key: &K) -> Option<&V> {
        self.lanes.get(&tenant)?.waiting(key)
    }

    /// How it stands with a tenant's keys; none for one that is not there.
    pub fn lengths(&self, tenant: TenantId) -> Option<Lengths<'_, V>> {
        self.lanes.get(&tenant).map(Lane::lengths)
    }

    /// Whether a tenant is open, nothing of it waits and nothing is being worked on.
    pub fn is_drained(&self, tenant: TenantId) -> bool {
        self.lanes.get(&tenant).is_some_and(Lane::is_drained)
    }

    fn enter(&mut self, tenant: TenantId) {
        if let Some(lane) = self.lanes.get_mut(&tenant)
            && !lane.in_ring
            && lane.may_give()
        {
            lane.in_ring = true;
            self.ring.push_back(tenant);
        }
    }
}

#[cfg(test)]
mod tests;
