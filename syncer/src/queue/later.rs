//! Keys that come back at a time: retries, and tokens that are due.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
    time::Instant,
};

use super::{Merge, TenantId};
use crate::room::Room;

/// Keys by time, each once.
#[derive(Debug)]
pub struct Later<K, V> {
    due: BTreeSet<(Instant, TenantId, K)>,
    entries: HashMap<(TenantId, K), (Instant, V)>,
}

impl<K, V> Default for Later<K, V> {
    fn default() -> Self {
        Self { due: BTreeSet::new(), entries: HashMap::new() }
    }
}

impl<K: Clone + Ord + Hash, V: Merge> Later<K, V> {
    /// Brings `key` back at `at`, or earlier if it comes back earlier anyhow: it is decided about anew then.
    pub fn push(&mut self, at: Instant, tenant: TenantId, key: K, value: V) {
        let (at, value) = match self.take(tenant, &key) {
            Some((before, mut held)) => {
                held.merge(value);
                (at.min(before), held)
            }
            None => (at, value),
        };
        self.due.insert((at, tenant, key.clone()));
        self.entries.insert((tenant, key), (at, value));
    }

    /// Forgets a key: there is nothing left to come back for.
    pub fn forget(&mut self, tenant: TenantId, key: &K) {
        self.take(tenant, key);
    }

    /// Forgets a tenant's keys.
    pub fn remove(&mut self, tenant: TenantId) {
        self.due.retain(|(_, of, _)| *of != tenant);
        self.entries.retain(|(of, _), _| *of != tenant);
    }

    /// Gives up the room that nothing is in.
    pub fn shrink(&mut self) {
        self.entries.shrink();
    }

    /// How many keys of a tenant there are.
    pub fn count(&self, tenant: TenantId) -> usize {
        self.due.iter().filter(|(_, of, _)| *of == tenant).count()
    }

    /// When the first one comes back.
    pub fn next(&self) -> Option<Instant> {
        self.due.first().map(|(at, ..)| *at)
    }

    /// One that is due by `now`.
    pub fn pop(&mut self, now: Instant) -> Option<(TenantId, K, V)> {
        self.next().filter(|at| *at <= now)?;
        let (_, tenant, key) = self.due.pop_first()?;
        let (_, value) = self.entries.remove(&(tenant, key.clone()))?;
        Some((tenant, key, value))
    }

    fn take(&mut self, tenant: TenantId, key: &K) -> Option<(Instant, V)> {
        let entry = (tenant, key.clone());
        let (at, value) = self.entries.remove(&entry)?;
        self.due.remove(&(at, entry.0, entry.1));
        Some((at, value))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ONE: TenantId = TenantId(1);
    const TWO: TenantId = TenantId(2);

    impl Merge for Vec<u8> {
        fn merge(&mut self, later: Self) {
            self.extend(later);
        }
    }

    #[test]
    fn a_key_comes_back_once_at_the_earliest_of_its_times_with_all_that_goes_along() {
        let (mut later, start) = (Later::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        later.push(at(9), ONE, "a", vec![1]);
        later.push(at(3), ONE, "a", vec![2]);
        later.push(at(5), ONE, "a", vec![3]);
        later.push(at(4), TWO, "a", vec![4]);
        assert_eq!((later.count(ONE), later.count(TWO)), (1, 1));
        assert_eq!((later.next(), later.pop(at(2))), (Some(at(3)), None));
        assert_eq!(later.pop(at(9)), Some((ONE, "a", vec![1, 2, 3])));
        assert_eq!(later.pop(at(9)), Some((TWO, "a", vec![4])));
        assert_eq!((later.pop(at(9)), later.next()), (None, None));
    }

    #[test]
    fn what_is_forgotten_leaves_nothing() {
        let (mut later, start) = (Later::default(), Instant::now());
        later.push(start, ONE, "a", vec![]);
        later.push(start, TWO, "a", vec![]);
        later.push(start, TWO, "b", vec![]);
        later.forget(TWO, &"a");
        later.remove(ONE);
        assert_eq!(later.pop(start), Some((TWO, "b", vec![])));
        assert!(later.due.is_empty() && later.entries.is_empty());
    }
}
