//! What became of our last writes to the host, against two kinds of quarrel: an API server that stores something other
//! than what it was sent, and someone who changes a copy whenever it is put right.

use std::collections::HashMap;

use super::Key;

/// Writes of one content after which a copy is left as others want it, until the tenant wants another.
pub const PATIENCE: u32 = 10;

#[derive(Debug)]
struct Last {
    sent: u64,
    stored: u64,
    times: u32,
}

/// The last write of each copy.
#[derive(Debug, Default)]
pub(super) struct Written(HashMap<Key, Last>);

impl Written {
    /// A copy was sent with this content and stored with that. Returns how often this content was sent in a row.
    pub(super) fn note(&mut self, key: &Key, sent: u64, stored: u64) -> u32 {
        let before = self.0.get(key).filter(|last| last.sent == sent).map_or(0, |last| last.times);
        let times = before + 1;
        self.0.insert(key.clone(), Last { sent, stored, times });
        times
    }

    /// The content that a copy counts as, given what it holds now.
    pub(super) fn counts_as(&self, key: &Key, present: u64) -> u64 {
        match self.0.get(key) {
            Some(last) if last.stored == present || last.times >= PATIENCE => last.sent,
            _ => present,
        }
    }

    /// A copy is gone.
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
        written.note(&key(), 1, 7);
        assert_eq!(written.counts_as(&key(), 7), 1);
        assert_eq!(written.counts_as(&key(), 8), 8);
    }

    #[test]
    fn who_keeps_changing_a_copy_wins_until_the_tenant_wants_something_else() {
        let mut written = Written::default();
        (0..PATIENCE).for_each(|_| {
            assert_eq!(written.counts_as(&key(), 8), 8);
            written.note(&key(), 1, 1);
        });
        assert_eq!(written.counts_as(&key(), 8), 1);
        written.note(&key(), 2, 2);
        assert_eq!(written.counts_as(&key(), 8), 8);
    }
}
