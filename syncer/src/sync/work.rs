//! The queue as its users see it: pushed from anywhere, popped by one dispatcher that sleeps in between.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{Hand, hand::News};
use crate::{
    clock::Clock,
    index::Key,
    queue::{Later, Limits, Line, Merge, Queue, TenantId},
};

/// Keys that are worked on at once. How many calls of theirs are under way is for [`crate::flow`] to say.
const IN_FLIGHT: Limits = Limits { all: 256, of_tenant: 64 };

/// What is to be done, now and later.
#[derive(Debug)]
pub struct Work {
    state: Mutex<State>,
    wake: Notify,
    clock: Clock,
}

#[derive(Debug)]
struct State {
    queue: Queue<Key, Hand>,
    later: Later<Key, News>,
    /// Changes followed so far.
    changes: u64,
}

impl State {
    fn push(&mut self, tenant: TenantId, key: Key, line: Line, mut hand: Hand) {
        if hand.news.change.is_none() {
            self.changes += 1;
            hand.news.change = Some(self.changes);
        }
        if self.later.absorb(tenant, &key, hand.news).is_err() {
            self.queue.push(tenant, key, line, hand);
        }
    }
}

/// How it stands with a tenant's keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Keys that wait for a turn.
    pub waiting: usize,
    /// How long the next of them has waited.
    pub oldest: Duration,
    /// Keys that have their turn now.
    pub in_flight: usize,
    /// Keys whose last turn failed.
    pub failing: usize,
    /// Keys that come back at a time.
    pub later: usize,
}

impl Work {
    /// Nothing to do yet, by this clock.
    pub fn new(clock: Clock) -> Self {
        let state = State { queue: Queue::new(IN_FLIGHT), later: Later::default(), changes: 0 };
        Self { state: Mutex::new(state), wake: Notify::new(), clock }
    }

    /// The clock by which keys come back.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// From now on keys of this tenant are taken; none but what goes ahead is given out before it is opened.
    pub fn add(&self, tenant: TenantId) {
        self.state.lock().queue.add(tenant);
    }

    /// From now on its keys are given out.
    pub fn open(&self, tenant: TenantId) {
        self.state.lock().queue.open(tenant);
        self.wake.notify_one();
    }

    /// Whether its keys are given out.
    pub fn is_open(&self, tenant: TenantId) -> bool {
        self.state.lock().queue.is_open(tenant)
    }

    /// Forgets a tenant and what was to be done for it.
    pub fn remove(&self, tenant: TenantId) {
        let mut state = self.state.lock();
        state.queue.remove(tenant);
        state.later.remove(tenant);
        drop(state);
        self.wake.notify_one();
    }

    /// Adds a key.
    pub fn push(&self, tenant: TenantId, key: Key, line: Line, hand: Hand) {
        self.state.lock().push(tenant, key, line, hand);
        self.wake.notify_one();
    }

    /// Adds a key again whose last turn came too late for what had changed meanwhile.
    pub fn push_again(&self, tenant: TenantId, key: Key, news: News) {
        self.state.lock().push(tenant, key, line(news), Hand::again(news));
        self.wake.notify_one();
    }

    /// Puts the objects that have come for a key that is worked on into its hand. Their news stay in the queue.
    pub fn hand_over(&self, tenant: TenantId, key: &Key, hand: &mut Hand) {
        if let Some(waiting) = self.state.lock().queue.waiting(tenant, key) {
            hand.hold_those_of(waiting);
        }
    }

    /// Adds a key after a while, with the news that are not followed yet.
    pub fn push_later(&self, wait: Duration, tenant: TenantId, key: Key, news: Option<News>) {
        let at = self.clock.instant() + wait;
        self.state.lock().later.push(at, tenant, key, news.unwrap_or_default());
        self.wake.notify_one();
    }

    /// An API server has asked to leave a key alone for a while: it comes back then and not earlier, with the news that are
    /// not followed yet and those that come meanwhile.
    pub fn put_off(&self, wait: Duration, tenant: TenantId, key: Key, mut news: News) {
        let at = self.clock.instant() + wait;
        let mut state = self.state.lock();
        if let Some(waiting) = state.queue.take_back(tenant, &key) {
            news.merge(waiting.news);
        }
        state.later.put_off(at, tenant, key, news);
        drop(state);
        self.wake.notify_one();
    }

    /// Does not bring back a key of which nothing is left.
    pub fn forget(&self, tenant: TenantId, key: &Key) {
        self.state.lock().later.forget(tenant, key);
    }

    /// How it stands with a tenant's keys.
    pub fn load(&self, tenant: TenantId) -> Load {
        let now = self.clock.instant();
        let state = self.state.lock();
        let later = state.later.count(tenant);
        let Some(lengths) = state.queue.lengths(tenant) else { return Load { later, ..Load::default() } };
        let since = lengths.next.and_then(|hand| hand.news.first()).map_or(now, |(_, at)| at);
        Load {
            waiting: lengths.waiting,
            oldest: now.saturating_duration_since(since),
            in_flight: lengths.busy,
            failing: lengths.failing,
            later,
        }
    }

    /// The next key, as soon as there is one.
    pub async fn next(&self) -> (TenantId, Key, Hand) {
        loop {
            let wait = match self.pop() {
                Ok(item) => return item,
                Err(wait) => wait,
            };
            let due = async {
                match wait {
                    Some(at) => self.clock.until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.wake.notified() => {}
                () = due => {}
            }
        }
    }

    /// A key that is worked on waits long for its tenant's API server, which is to hold up nobody else.
    pub fn set_apart(&self, tenant: TenantId, key: &Key) {
        self.state.lock().queue.set_apart(tenant, key);
        self.wake.notify_one();
    }

    /// A key has been worked on, and is to be tried again where that failed. Returns how often in a row it did.
    pub fn done(&self, tenant: TenantId, key: &Key, failed: bool) -> u32 {
        let failures = self.state.lock().queue.done(tenant, key, failed);
        self.wake.notify_one();
        failures
    }

    /// Whether a tenant is open, nothing of it waits and nothing is being worked on.
    pub fn is_drained(&self, tenant: TenantId) -> bool {
        self.state.lock().queue.is_drained(tenant)
    }

    /// Gives up the room that a burst took and nothing is in any more.
    pub(crate) fn shrink(&self) {
        let mut state = self.state.lock();
        state.queue.shrink();
        state.later.shrink();
    }

    /// A key, or when the next one is due.
    fn pop(&self) -> Result<(TenantId, Key, Hand), Option<Instant>> {
        let mut state = self.state.lock();
        let now = self.clock.instant();
        while let Some((tenant, key, news)) = state.later.pop(now) {
            state.push(tenant, key, line(news), Hand::again(news));
        }
        state.queue.pop().ok_or_else(|| state.later.next())
    }
}

/// Where a key waits that is looked at because of these news.
fn line(news: News) -> Line {
    news.first().map_or(Line::Resync, |(side, _)| side.into())
}
