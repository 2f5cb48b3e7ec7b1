//! Tables of whatever kind, by what they have in common.

use super::{Id, Index, Key};
use crate::kinds::{Kind, Side};

/// A table, whatever it knows of its objects.
pub(super) trait Rows {
    /// The uid of a side's object.
    fn uid(&self, side: Side, id: &Id) -> Option<&str>;
    /// Whether the host's object is about to go.
    fn is_host_ending(&self, id: &Id) -> bool;
    /// The host has taken our deletion of the object with this uid.
    fn end_host(&mut self, id: &Id, uid: &str);
    /// The list in which the object with this uid was last seen.
    fn seen_in(&self, side: Side, id: &Id, uid: &str) -> Option<u32>;
    /// It was last seen in this list or, where none is told, in the one before.
    fn set_seen_in(&mut self, side: Side, id: &Id, list: Option<u32>);
    /// What is read of a side's object next is news, whatever its version.
    fn unread(&mut self, side: Side, id: &Id);
    /// Returns whether it was there. The end of an earlier object of that name says nothing of the present one.
    fn lose(&mut self, side: Side, id: &Id, uid: &str) -> bool;
    /// A list begins.
    fn listing(&mut self, side: Side);
    /// Keeps what the host's list did not show; returns their ids.
    fn keep_unlisted(&mut self) -> Vec<Id>;
    /// Forgets what the list did not show; returns their ids.
    fn listed(&mut self, side: Side) -> Vec<Id>;
}

impl Index {
    /// Whether neither side has the object.
    pub fn is_gone(&self, key: &Key) -> bool {
        let rows = self.rows(key.kind);
        let is_there = |side| rows.is_some_and(|rows| rows.uid(side, &key.id).is_some());
        !is_there(Side::Tenant) && !is_there(Side::Host)
    }

    /// Whether nothing is left to do about a key: neither side has the object, nor the host its tokens.
    pub fn is_done_with(&self, key: &Key) -> bool {
        let has_tokens = || key.kind == Kind::Pod && self.tokens_of(&key.id).held().is_some();
        self.is_gone(key) && !has_tokens()
    }

    /// The table of a kind.
    pub(super) fn rows(&self, kind: Kind) -> Option<&dyn Rows> {
        match kind {
            Kind::Pod => Some(&self.pods),
            Kind::Service => Some(&self.services),
            Kind::PodToken => Some(&self.tokens),
            Kind::Namespace => Some(&self.namespaces),
            Kind::PersistentVolume => Some(&self.volumes),
            kind if self.raising.has(kind) => self.raising.rows(kind),
            kind if kind.is_copied() => Some(self.contents.of(kind)),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub(super) fn rows_mut(&mut self, kind: Kind) -> Option<&mut dyn Rows> {
        match kind {
            Kind::Pod => Some(&mut self.pods),
            Kind::Service => Some(&mut self.services),
            Kind::PodToken => Some(&mut self.tokens),
            Kind::Namespace => Some(&mut self.namespaces),
            Kind::PersistentVolume => Some(&mut self.volumes),
            kind if self.raising.has(kind) => self.raising.rows_mut(kind),
            kind if kind.is_copied() => Some(self.contents.of_mut(kind)),
            _ => None,
        }
    }
}
