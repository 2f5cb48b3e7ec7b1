//! The queue as its users see it: pushed from anywhere, popped by one dispatcher that sleeps in between.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Hand;
use crate::{
    clock::Clock,
    index::Key,
    queue::{Later, Queue, TenantId},
};

/// Keys of one tenant that are worked on at once.
const IN_FLIGHT_PER_TENANT: usize = 64;

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
    later: Later<Key>,
}

impl Work {
    /// Nothing to do yet, by this clock.
    pub fn new(clock: Clock) -> Self {
        let state = State { queue: Queue::new(IN_FLIGHT_PER_TENANT), later: Later::default() };
        Self { state: Mutex::new(state), wake: Notify::new(), clock }
    }

    /// The clock by which keys come back.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Adds a key.
    pub fn push(&self, tenant: TenantId, key: Key, hand: Hand) {
        self.state.lock().queue.push(tenant, key, hand);
        self.wake.notify_one();
    }

    /// Adds a key after a while.
    pub fn push_later(&self, wait: Duration, tenant: TenantId, key: Key) {
        self.state.lock().later.push(self.clock.instant() + wait, tenant, key);
        self.wake.notify_one();
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

    /// A key has been worked on. Returns how often in a row it failed.
    pub fn done(&self, tenant: TenantId, key: &Key, failed: bool) -> u32 {
        let failures = self.state.lock().queue.done(tenant, key, failed);
        self.wake.notify_one();
        failures
    }

    /// Whether nothing waits and nothing is being worked on.
    pub fn is_drained(&self) -> bool {
        self.state.lock().queue.is_drained()
    }

    /// A key, or when the next one is due.
    fn pop(&self) -> Result<(TenantId, Key, Hand), Option<Instant>> {
        let mut state = self.state.lock();
        let now = self.clock.instant();
        while let Some((tenant, key)) = state.later.pop(now) {
            state.queue.push(tenant, key, Hand::default());
        }
        state.queue.pop().ok_or_else(|| state.later.next())
    }
}
