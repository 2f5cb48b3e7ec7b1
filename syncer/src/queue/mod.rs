//! Keys that wait for their turn, fair between tenants. Pure: who calls it does the waiting.
//!
//! Deficit round-robin over one lane per tenant, O(1) a turn. A key is in a lane once, however often it is pushed, and
//! never in two hands at once: pushed again while it is worked on, it comes back when that is done.

mod later;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::Hash,
};

pub use later::Later;

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

/// Keys that a tenant may have worked on per turn before the next tenant's.
const QUANTUM: u32 = 8;

/// The keys of all tenants.
#[derive(Debug)]
pub struct Queue<K, V> {
    lanes: HashMap<TenantId, Lane<K, V>>,
    /// The tenants that have a key to give.
    ring: VecDeque<TenantId>,
    in_flight_per_tenant: usize,
}

#[derive(Debug)]
struct Lane<K, V> {
    order: VecDeque<K>,
    /// What waits, in `order` or, while its key is worked on, for that to end.
    waiting: HashMap<K, V>,
    busy: HashSet<K>,
    failures: HashMap<K, u32>,
    deficit: u32,
    in_ring: bool,
}

impl<K, V> Default for Lane<K, V> {
    fn default() -> Self {
        Self {
            order: VecDeque::new(),
            waiting: HashMap::new(),
            busy: HashSet::new(),
            failures: HashMap::new(),
            deficit: 0,
            in_ring: false,
        }
    }
}

impl<K: Clone + Eq + Hash, V: Merge> Queue<K, V> {
    /// An empty queue that hands out at most `in_flight_per_tenant` keys of a tenant at once.
    pub fn new(in_flight_per_tenant: usize) -> Self {
        Self { lanes: HashMap::new(), ring: VecDeque::new(), in_flight_per_tenant }
    }

    /// Adds a key, or merges `value` into the one that waits already.
    pub fn push(&mut self, tenant: TenantId, key: K, value: V) {
        let lane = self.lanes.entry(tenant).or_default();
        if let Some(waiting) = lane.waiting.get_mut(&key) {
            waiting.merge(value);
            return;
        }
        if !lane.busy.contains(&key) {
            lane.order.push_back(key.clone());
        }
        lane.waiting.insert(key, value);
        self.enter(tenant);
    }

    /// The next key to work on, until [`Queue::done`] says that it is done.
    pub fn pop(&mut self) -> Option<(TenantId, K, V)> {
        let tenant = *self.ring.front()?;
        let lane = self.lanes.get_mut(&tenant)?;
        if lane.deficit == 0 {
            lane.deficit = QUANTUM;
        }
        lane.deficit -= 1;
        let taken =
            lane.order.pop_front().and_then(|key| Some((tenant, key.clone(), lane.waiting.remove(&key)?)));
        if let Some((_, key, _)) = &taken {
            lane.busy.insert(key.clone());
        }
        let may_go_on = !lane.order.is_empty() && lane.busy.len() < self.in_flight_per_tenant;
        if !may_go_on {
            self.ring.pop_front();
            lane.in_ring = false;
            lane.deficit = 0;
        } else if lane.deficit == 0 {
            self.ring.rotate_left(1);
        }
        taken
    }

    /// A key has been worked on. Returns how often in a row it failed, this time included.
    pub fn done(&mut self, tenant: TenantId, key: &K, failed: bool) -> u32 {
        let Some(lane) = self.lanes.get_mut(&tenant) else { return 0 };
        lane.busy.remove(key);
        let failures = if failed {
            let count = lane.failures.entry(key.clone()).or_default();
            *count += 1;
            *count
        } else {
            lane.failures.remove(key);
            0
        };
        if lane.waiting.contains_key(key) {
            lane.order.push_back(key.clone());
        }
        self.enter(tenant);
        failures
    }

    /// How it stands with a tenant's keys; none for one that never had any.
    pub fn lengths(&self, tenant: TenantId) -> Option<Lengths<'_, V>> {
        let lane = self.lanes.get(&tenant)?;
        Some(Lengths {
            waiting: lane.waiting.len(),
            busy: lane.busy.len(),
            failing: lane.failures.len(),
            next: lane.order.front().and_then(|key| lane.waiting.get(key)),
        })
    }

    /// Whether nothing waits and nothing is being worked on.
    pub fn is_drained(&self) -> bool {
        self.lanes.values().all(|lane| lane.waiting.is_empty() && lane.busy.is_empty())
    }

    fn enter(&mut self, tenant: TenantId) {
        if let Some(lane) = self.lanes.get_mut(&tenant)
            && !lane.in_ring
            && !lane.order.is_empty()
            && lane.busy.len() < self.in_flight_per_tenant
        {
            lane.in_ring = true;
            self.ring.push_back(tenant);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    impl Merge for u32 {
        fn merge(&mut self, later: Self) {
            *self = later;
        }
    }

    const A: TenantId = TenantId(1);
    const B: TenantId = TenantId(2);

    #[test]
    fn a_key_pushed_twice_comes_once_with_what_came_last() {
        let mut queue = Queue::new(4);
        queue.push(A, "k", 1);
        queue.push(A, "k", 2);
        assert_eq!(queue.pop(), Some((A, "k", 2)));
        assert_eq!(queue.pop(), None);
    }

    #[test]
    fn a_key_that_is_worked_on_comes_again_only_afterwards() {
        let mut queue = Queue::new(4);
        queue.push(A, "k", 1);
        queue.pop();
        queue.push(A, "k", 2);
        assert_eq!(queue.pop(), None);
        queue.done(A, &"k", false);
        assert_eq!(queue.pop(), Some((A, "k", 2)));
    }

    #[test]
    fn a_greedy_tenant_delays_a_modest_one_by_a_quantum_at_most() {
        let mut queue = Queue::new(1000);
        (0..500).for_each(|key| queue.push(A, key, 0));
        queue.push(B, 0, 0);
        let before = std::iter::from_fn(|| queue.pop()).take_while(|(tenant, ..)| *tenant == A).count();
        assert!(before <= QUANTUM as usize, "{before}");
    }

    #[test]
    fn a_tenant_at_its_limit_waits_while_others_go_on() {
        let mut queue = Queue::new(2);
        (0..5).for_each(|key| queue.push(A, key, 0));
        queue.push(B, 9, 0);
        let popped: Vec<_> =
            std::iter::from_fn(|| queue.pop()).map(|(tenant, key, _)| (tenant, key)).collect();
        assert_eq!(popped, [(A, 0), (A, 1), (B, 9)]);
        queue.done(A, &0, false);
        assert_eq!(queue.pop().map(|(_, key, _)| key), Some(2));
    }

    #[test]
    fn lengths_tell_what_waits_what_is_worked_on_and_what_failed() {
        let mut queue = Queue::new(1);
        assert_eq!(queue.lengths(A), None);
        (0..3).for_each(|key| queue.push(A, key, key));
        queue.pop();
        queue.done(A, &0, true);
        queue.pop();
        let lengths = Lengths { waiting: 1, busy: 1, failing: 1, next: Some(&2) };
        assert_eq!(queue.lengths(A), Some(lengths));
    }

    #[test]
    fn failures_are_counted_until_a_success() {
        let mut queue: Queue<&str, u32> = Queue::new(2);
        queue.push(A, "k", 0);
        queue.pop();
        assert_eq!(queue.done(A, &"k", true), 1);
        assert_eq!(queue.done(A, &"k", true), 2);
        assert_eq!(queue.done(A, &"k", false), 0);
        assert_eq!(queue.done(A, &"k", true), 1);
    }

    proptest! {
        #[test]
        fn no_key_is_lost_and_none_is_in_two_hands(steps in prop::collection::vec((0u32..3, 0u8..6, any::<bool>()), 1..200)) {
            let mut queue = Queue::new(3);
            let mut pushed = HashSet::new();
            let mut busy: Vec<(TenantId, u8)> = Vec::new();
            for (tenant, key, push) in steps {
                if push {
                    queue.push(TenantId(tenant), key, 0);
                    pushed.insert((TenantId(tenant), key));
                } else if let Some((tenant, key, _)) = queue.pop() {
                    prop_assert!(!busy.contains(&(tenant, key)));
                    pushed.remove(&(tenant, key));
                    busy.push((tenant, key));
                } else if let Some((tenant, key)) = busy.pop() {
                    queue.done(tenant, &key, false);
                }
            }
            while let Some((tenant, key)) = busy.pop() {
                queue.done(tenant, &key, false);
            }
            while let Some((tenant, key, _)) = queue.pop() {
                pushed.remove(&(tenant, key));
                queue.done(tenant, &key, false);
            }
            prop_assert!(pushed.is_empty(), "{pushed:?}");
            prop_assert!(queue.is_drained());
        }
    }
}
