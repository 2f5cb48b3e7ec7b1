//! How what is news of a tenant gets into the queue.
//!
//! Before a tenant is opened nothing is taken out, which may last: an API server is away, or another replica leads and
//! does what there is to do. So nothing is kept meanwhile but the keys of what is there, without its text, and what the
//! host has said last of pods that the tenant still has.

use std::sync::atomic::Ordering;

use super::{Hand, Tenant};
use crate::{
    index::{Id, Index, Key},
    kinds::{Kind, Side},
    object::Object,
    queue::Line,
};

impl Tenant {
    /// Another replica leads, or not any more. While it does, what changes is no news here and of no hurry, for that
    /// one follows it.
    pub(crate) fn stand_by(&self, stands_by: bool) {
        self.stands_by.store(stands_by, Ordering::Relaxed);
    }

    pub(super) fn stands_by(&self) -> bool {
        self.stands_by.load(Ordering::Relaxed)
    }

    /// Has these pods looked at before both sides are known, of which it is then decided only whether to make them.
    pub(crate) fn put_ahead(&self, pods: &[Key]) {
        self.put(pods.to_vec(), Line::Ahead, |_| Hand::default());
    }

    /// Has those pods looked at before all others that only one side has, and those that went ahead. To be called when
    /// both sides have been listed.
    pub(crate) fn put_forward(&self, ahead: Vec<Key>) {
        let pods = self.index(Index::one_sided).into_iter().chain(ahead);
        self.push(Side::Tenant, Line::Down, pods.collect());
    }

    /// Has every pod with tokens looked at: the clock has jumped.
    pub fn look_at_tokens(&self) {
        let pods: Vec<Id> = self.index(|index| index.pods_with_tokens().cloned().collect());
        let keys = pods.into_iter().map(|pod| Key::new(Kind::Pod, pod));
        self.put(keys.collect(), Line::Resync, |_| Hand::default());
    }

    /// Takes in an object as a watch shows it; returns the keys to look at.
    pub(super) fn seen(&self, side: Side, kind: Kind, object: &Object) -> Vec<Key> {
        let mut index = self.index.lock();
        let changed = index.seen(side, kind, object);
        if side == Side::Host && self.stands_by() {
            // Only watches tell anything here, each in order, so this is later than the doubt.
            changed.iter().filter(|key| key.kind == kind).for_each(|key| index.undoubt(key));
        }
        changed
    }

    /// Has keys looked at because of news of a side.
    pub(super) fn push(&self, side: Side, line: Line, keys: Vec<Key>) {
        let now = self.clock().instant();
        self.put(keys, line, |_| Hand::seen(side, now));
    }

    /// Has keys looked at because of news of a side about an object of `kind`. Keys of that kind get it into their
    /// hand, if it is `held`: as it is now, or as it was last. To keys of another kind it is news of the tenant: the
    /// way down is what waits for others.
    pub(super) fn push_with(
        &self,
        keys: Vec<Key>,
        (side, line): (Side, Line),
        kind: Kind,
        held: Option<&Object>,
    ) {
        let now = self.clock().instant();
        self.put(keys, line, |key| match held {
            Some(object) if key.kind == kind => Hand::of(side, object.clone(), now),
            None if key.kind == kind => Hand::seen(side, now),
            _ => Hand::seen(Side::Tenant, now),
        });
    }

    fn put(&self, mut keys: Vec<Key>, line: Line, hand: impl Fn(&Key) -> Hand) {
        if self.is_known() {
            for key in keys {
                let hand = hand(&key);
                self.work.push(self.id, key, line, hand);
            }
            return;
        }
        // Kept until all is pushed or taken back: what another watch shows meanwhile is then pushed after that.
        let mut index = self.index.lock();
        let stands_by = self.stands_by();
        if stands_by {
            // Whoever leads has deleted them; what has only lost its labels is looked for before this one begins.
            let more: Vec<Key> = keys.iter().flat_map(|key| index.believe(key)).collect();
            keys.extend(more);
        }
        for key in keys {
            if index.is_done_with(&key) {
                self.work.take_back(self.id, &key);
                continue;
            }
            let hand = hand(&key);
            let (line, hand) = if stands_by { (Line::Resync, hand.without_news()) } else { (line, hand) };
            self.work.push(self.id, key, line, hand);
        }
    }
}

#[cfg(test)]
mod tests;
