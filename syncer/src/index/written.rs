//! What became of our last writes to the host, against two kinds of quarrel: an API server that stores something other
//! than what it was sent, and someone who changes a copy whenever it is put right.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use super::Key;
use crate::room::Room;

/// Writes of one content within [`TRUCE`] after which a copy is left as others want it, until that is over or the
/// tenant wants another.
const PATIENCE: u32 = 10;
/// Counted from the first of those writes.
pub const TRUCE: Duration = Duration::from_secs(600);

#[derive(Debug)]
struct Last {
    sent: u64,
    stored: u64,
    times: u32,
    /// When it was sent for the first of those times.
    since: Instant,
}

impl Last {
    fn is_over(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) >= TRUCE
    }
}

/// The last write of each copy.
#[derive(Debug, Default)]
pub(super) struct Written(HashMap<Key, Last>);

impl Written {
    /// A copy was sent with this content and stored with that. Returns how long it is left alone from now on, if it is.
    pub(super) fn note(&mut self, key: &Key, sent: u64, stored: u64, now: Instant) -> Option<Duration> {
        let before = self.0.get(key).filter(|last| last.sent == sent && !last.is_over(now));
        let (times, since) = before.map_or((1, now), |last| (last.times + 1, last.since));
        self.0.insert(key.clone(), Last { sent, stored, times, since });
        (times == PATIENCE).then(|| TRUCE.saturating_sub(now.saturating_duration_since(since)))
    }

    /// The content that a copy counts as, given what it holds now.
    pub(super) fn counts_as(&self, key: &Key, present: u64) -> u64 {
        match self.0.get(key) {
            Some(last) if last.stored == present || last.times >= PATIENCE => last.sent,
            _ => present,
        }
    }

    /// Whether a copy has been left alone for long enough.
    pub(super) fn is_truce_over(&self, key: &Key, now: Instant) -> bool {
        self.0.get(key).is_some_and(|last| last.times >= PATIENCE && last.is_over(now))
    }

    /// Gives up the room that nothing is in.
    pub(super) fn shrink(&mut self) {
        self.0.shrink();
    }

    /// A copy is gone, or is to be put right again.
    pub(super) fn forget(&mut self, key: &Key) {
        self.0.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{index::Id, kinds::Kind};

    fn key() -> Key {
        Key::new(Kind::ConfigMap, Id::new("ns", "c"))
    }

    #[test]
    fn what_the_host_made_of_our_write_counts_as_our_write() {
        let mut written = Written::default();
        assert_eq!(written.counts_as(&key(), 7), 7);
        written.note(&key(), 1, 7, Instant::now());
        assert_eq!(written.counts_as(&key(), 7), 1);
        assert_eq!(written.counts_as(&key(), 8), 8);
    }

    #[test]
    fn who_keeps_changing_a_copy_wins_until_the_tenant_wants_something_else() {
        let (mut written, now) = (Written::default(), Instant::now());
        for time in 1..=PATIENCE {
            assert_eq!(written.counts_as(&key(), 8), 8);
            let left_alone = written.note(&key(), 1, 1, now);
            assert_eq!(left_alone, (time == PATIENCE).then_some(TRUCE));
        }
        assert_eq!(written.counts_as(&key(), 8), 1);
        assert_eq!(written.note(&key(), 2, 2, now), None);
        assert_eq!(written.counts_as(&key(), 8), 8);
    }

    #[test]
    fn patience_comes_back_with_time() {
        let (mut written, start) = (Written::default(), Instant::now());
        let minute = Duration::from_secs(60);
        (0..PATIENCE).for_each(|minutes| {
            written.note(&key(), 1, 1, start + minute * minutes);
        });
        assert_eq!(written.counts_as(&key(), 8), 1);
        assert!(!written.is_truce_over(&key(), start + minute * 9));
        assert!(written.is_truce_over(&key(), start + minute * 10));
    }

    #[test]
    fn corrections_that_are_far_apart_are_no_quarrel() {
        let (mut written, start) = (Written::default(), Instant::now());
        (0..3 * PATIENCE).for_each(|times| {
            assert_eq!(written.note(&key(), 1, 1, start + TRUCE / 4 * times), None);
        });
        assert_eq!(written.counts_as(&key(), 8), 8);
    }
}
