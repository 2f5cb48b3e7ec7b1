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

/// What comes after a turn at a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Nothing, until there is news.
    Nothing,
    /// Nothing at all: neither side has the object any more.
    Gone,
    /// Another look, after a while.
    Look(Duration),
    /// It failed, for something had changed meanwhile, and these news are not followed yet: it is tried again at once.
    Again(News),
    /// It failed, and these news are not followed yet: it is tried again after a while.
    Retry(Duration, News),
    /// It failed, and an API server has asked to leave the key alone for a while: it comes back then and not earlier,
    /// with these news, which are not followed yet, and those that come meanwhile.
    PutOff(Duration, News),
}

impl After {
    fn has_failed(self) -> bool {
        matches!(self, Self::Again(_) | Self::Retry(..) | Self::PutOff(..))
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

    /// Takes away what waits for a key of which nothing is left to do.
    pub fn take_back(&self, tenant: TenantId, key: &Key) {
        let mut state = self.state.lock();
        state.queue.forget(tenant, key);
        state.later.forget(tenant, key);
    }

    /// Puts the objects that have come for a key that is worked on into its hand. Their news stay in the queue.
    pub fn hand_over(&self, tenant: TenantId, key: &Key, hand: &mut Hand) {
        if let Some(waiting) = self.state.lock().queue.waiting(tenant, key) {
            hand.hold_those_of(waiting);
        }
    }

    /// Adds a key after a while.
    pub fn push_later(&self, wait: Duration, tenant: TenantId, key: Key) {
        let at = self.clock.instant() + wait;
        self.state.lock().later.push(at, tenant, key, News::default());
        self.wake.notify_one();
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

    /// How often in a row a key has failed.
    pub fn failures(&self, tenant: TenantId, key: &Key) -> u32 {
        self.state.lock().queue.failures(tenant, key)
    }

    /// A key has been worked on. What comes after that is settled in one piece with it: a next turn that began in
    /// between would call where it may not, and what it comes to would be undone by this one.
    pub fn done(&self, tenant: TenantId, key: &Key, after: After) {
        let now = self.clock.instant();
        let mut state = self.state.lock();
        state.queue.done(tenant, key, after.has_failed());
        match after {
            After::Nothing => {}
            After::Gone => state.later.forget(tenant, key),
            After::Look(wait) => state.later.push(now + wait, tenant, key.clone(), News::default()),
            After::Again(news) => state.push(tenant, key.clone(), line(news), Hand::again(news)),
            After::Retry(wait, news) => state.later.push(now + wait, tenant, key.clone(), news),
            After::PutOff(wait, mut news) => {
                if let Some(waiting) = state.queue.take_back(tenant, key) {
                    news.merge(waiting.news);
                }
                state.later.put_off(now + wait, tenant, key.clone(), news);
            }
        }
        drop(state);
        self.wake.notify_one();
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

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;
    use crate::{
        index::Id,
        kinds::{Kind, Side},
    };

    const ONE: TenantId = TenantId(1);
    const WAIT: Duration = Duration::from_secs(5);

    /// A queue from which a key was taken, which is worked on.
    fn at_work() -> (Work, Key, News) {
        let (work, key) = (Work::new(Clock::default()), Key::new(Kind::Pod, Id::new("ns", "p")));
        work.add(ONE);
        work.open(ONE);
        tell(&work, &key);
        let news = work.pop().expect("a key").2.news();
        (work, key, news)
    }

    fn tell(work: &Work, key: &Key) {
        work.push(ONE, key.clone(), Line::Down, Hand::seen(Side::Tenant, work.clock().instant()));
    }

    #[test]
    fn a_key_that_is_put_off_has_no_turn_before_whatever_has_come_for_it() {
        let (work, key, news) = at_work();
        tell(&work, &key);
        work.done(ONE, &key, After::PutOff(WAIT, news));
        tell(&work, &key);
        assert!(work.pop().is_err(), "nobody may call");
        assert_eq!((work.load(ONE).waiting, work.load(ONE).later), (0, 1));
        work.clock().pass(WAIT);
        assert_eq!(work.pop().expect("a key").2.news().first(), news.first(), "its first news are told");
        work.done(ONE, &key, After::Nothing);
        assert!(work.is_drained(ONE) && work.load(ONE) == Load::default());
    }

    #[test]
    fn what_a_successors_turn_leaves_to_be_tried_again_is_not_forgotten_with_its_predecessor() {
        let (work, key, _) = at_work();
        work.push_later(WAIT, ONE, key.clone());
        tell(&work, &key);
        work.done(ONE, &key, After::Gone);
        assert_eq!(work.load(ONE).later, 0, "of the predecessor");
        let news = work.pop().expect("the successor").2.news();
        work.done(ONE, &key, After::Retry(WAIT, news));
        assert_eq!((work.load(ONE).later, work.failures(ONE, &key)), (1, 1));
        work.clock().pass(WAIT);
        assert!(!work.pop().expect("the successor").2.news().is_fresh());
    }

    /// Of two threads, one is done with a key and the other one takes it again as soon as it can.
    #[test]
    fn no_turn_begins_between_the_end_of_the_last_one_and_what_comes_after_it() {
        for _ in 0..5_000 {
            let (work, key, news) = at_work();
            tell(&work, &key);
            let both = Barrier::new(2);
            std::thread::scope(|scope| {
                let taken = scope.spawn(|| {
                    both.wait();
                    (0..100).any(|_| work.pop().is_ok())
                });
                both.wait();
                work.done(ONE, &key, After::PutOff(WAIT, news));
                assert!(!taken.join().expect("it ends"));
            });
        }
    }
}
