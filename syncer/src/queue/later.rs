//! Keys that come back at a time: retries, and tokens that are due.

use std::{cmp::Reverse, collections::BinaryHeap, time::Instant};

use super::TenantId;

/// Keys by time.
#[derive(Debug)]
pub struct Later<K: Ord> {
    heap: BinaryHeap<Reverse<(Instant, TenantId, K)>>,
}

impl<K: Ord> Default for Later<K> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new() }
    }
}

impl<K: Ord> Later<K> {
    /// Brings `key` back at `at`. One that comes back too early or twice does no harm: it is decided about anew.
    pub fn push(&mut self, at: Instant, tenant: TenantId, key: K) {
        self.heap.push(Reverse((at, tenant, key)));
    }

    /// Forgets a tenant's keys.
    pub fn remove(&mut self, tenant: TenantId) {
        self.heap.retain(|Reverse((_, of, _))| *of != tenant);
    }

    /// How many keys of a tenant there are.
    pub fn count(&self, tenant: TenantId) -> usize {
        self.heap.iter().filter(|Reverse((_, of, _))| *of == tenant).count()
    }

    /// When the first one comes back.
    pub fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, ..))| *at)
    }

    /// One that is due by `now`.
    pub fn pop(&mut self, now: Instant) -> Option<(TenantId, K)> {
        self.next().filter(|at| *at <= now)?;
        self.heap.pop().map(|Reverse((_, tenant, key))| (tenant, key))
    }
}
