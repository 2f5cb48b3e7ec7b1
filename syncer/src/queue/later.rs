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
    entries: HashMap<(TenantId, K), Entry<V>>,
    /// How many of them are put off.
    put_off: usize,
}

#[derive(Debug)]
struct Entry<V> {
    at: Instant,
    value: V,
    /// Nothing brings it back earlier.
    is_put_off: bool,
}

impl<K, V> Default for Later<K, V> {
    fn default() -> Self {
        Self { due: BTreeSet::new(), entries: HashMap::new(), put_off: 0 }
    }
}

impl<K: Clone + Ord + Hash, V: Merge> Later<K, V> {
    /// Brings `key` back at `at`, or earlier if it comes back earlier anyhow: it is decided about anew then. One that is put
    /// off comes back when that ends.
    pub fn push(&mut self, at: Instant, tenant: TenantId, key: K, value: V) {
        let entry = match self.take(tenant, &key) {
            Some(mut held) => {
                held.value.merge(value);
                Entry { at: if held.is_put_off { held.at } else { at.min(held.at) }, ..held }
            }
            None => Entry { at, value, is_put_off: false },
        };
        self.insert(tenant, key, entry);
    }

    /// Brings `key` back at `at` and not before, whatever comes for it meanwhile.
    pub fn put_off(&mut self, at: Instant, tenant: TenantId, key: K, value: V) {
        self.push(at, tenant, key.clone(), value);
        if let Some(entry) = self.take(tenant, &key) {
            self.insert(tenant, key, Entry { at: at.max(entry.at), is_put_off: true, ..entry });
        }
    }

    /// Takes in what has come for a key that is put off.
    ///
    /// # Errors
    /// Gives `value` back where the key is not.
    pub fn absorb(&mut self, tenant: TenantId, key: &K, value: V) -> Result<(), V> {
        if self.put_off == 0 {
            return Err(value);
        }
        match self.entries.get_mut(&(tenant, key.clone())).filter(|entry| entry.is_put_off) {
            Some(entry) => {
                entry.value.merge(value);
                Ok(())
            }
            None => Err(value),
        }
    }

    /// Forgets a key: there is nothing left to come back for.
    pub fn forget(&mut self, tenant: TenantId, key: &K) {
        self.take(tenant, key);
    }

    /// Forgets a tenant's keys.
    pub fn remove(&mut self, tenant: TenantId) {
        self.due.retain(|(_, of, _)| *of != tenant);
        self.entries.retain(|(of, _), _| *of != tenant);
        self.put_off = self.entries.values().filter(|entry| entry.is_put_off).count();
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
        let (_, tenant, key) = self.due.first().filter(|(at, ..)| *at <= now)?.clone();
        let entry = self.take(tenant, &key)?;
        Some((tenant, key, entry.value))
    }

    fn insert(&mut self, tenant: TenantId, key: K, entry: Entry<V>) {
        self.put_off += usize::from(entry.is_put_off);
        self.due.insert((entry.at, tenant, key.clone()));
        self.entries.insert((tenant, key), entry);
    }

    fn take(&mut self, tenant: TenantId, key: &K) -> Option<Entry<V>> {
        let place = (tenant, key.clone());
        let entry = self.entries.remove(&place)?;
        self.put_off -= usize::from(entry.is_put_off);
        self.due.remove(&(entry.at, place.0, place.1));
        Some(entry)
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
    fn a_key_that_is_put_off_comes_back_at_no_earlier_time_with_all_that_has_come_meanwhile() {
        let (mut later, start) = (Later::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        later.push(at(1), ONE, "a", vec![1]);
        assert_eq!(later.absorb(ONE, &"a", vec![9]), Err(vec![9]), "it is not put off");
        later.put_off(at(5), ONE, "a", vec![2]);
        later.push(at(2), ONE, "a", vec![3]);
        assert_eq!(later.absorb(ONE, &"a", vec![4]), Ok(()));
        assert_eq!(later.absorb(TWO, &"a", vec![9]), Err(vec![9]), "another's");
        assert_eq!((later.next(), later.pop(at(4))), (Some(at(5)), None));
        assert_eq!(later.pop(at(5)), Some((ONE, "a", vec![1, 2, 3, 4])));
        assert_eq!(later.absorb(ONE, &"a", vec![9]), Err(vec![9]), "no more");
        later.put_off(at(5), TWO, "a", vec![]);
        later.remove(TWO);
        assert_eq!((later.put_off, later.next()), (0, None));
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
