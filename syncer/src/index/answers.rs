//! What answers to our own calls may teach. An answer can be slow: by the time it is looked at, the watch may have shown
//! the object's end, or its successor under the same name. Taken for news then, it would bring back what is gone, and
//! no watch would ever contradict it.

use std::collections::{HashMap, HashSet};

use super::{Id, Index, Key};
use crate::{
    kinds::{Kind, Side},
    object::Object,
};

/// When an API server was asked something, told by the lists that had begun by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked(u64);

/// What each watch has shown since its last list, and when that began.
#[derive(Debug, Default)]
pub(super) struct Shown {
    newest: HashMap<(Side, Kind), u64>,
    begun: HashMap<(Side, Kind), Asked>,
    /// The lists that are being read.
    unread: HashSet<(Side, Kind)>,
    lists: u64,
}

impl Shown {
    /// The watch or its list has come to this version.
    pub(super) fn note(&mut self, side: Side, kind: Kind, version: u64) {
        let newest = self.newest.entry((side, kind)).or_default();
        *newest = version.max(*newest);
    }

    /// A list begins, which may be of an earlier state: after a restore from a backup versions start low again.
    pub(super) fn listing(&mut self, side: Side, kind: Kind) {
        self.lists += 1;
        self.begun.insert((side, kind), Asked(self.lists));
        self.newest.remove(&(side, kind));
        self.unread.insert((side, kind));
    }

    /// It is whole, and has all that was there at this version.
    pub(super) fn listed(&mut self, side: Side, kind: Kind, version: u64) {
        self.unread.remove(&(side, kind));
        self.note(side, kind, version);
    }

    pub(super) fn now(&self) -> Asked {
        Asked(self.lists)
    }

    fn is_past(&self, side: Side, kind: Kind, object: &Object) -> bool {
        self.newest.get(&(side, kind)).is_some_and(|newest| object.version() <= *newest)
    }

    fn has_listed_since(&self, side: Side, kind: Kind, asked: Asked) -> bool {
        self.begun.get(&(side, kind)).is_some_and(|begun| *begun > asked)
    }
}

impl Index {
    /// Now, for a question that is about to be asked.
    pub fn asking(&self) -> Asked {
        self.shown.now()
    }

    /// Takes in an object from an answer to a call; returns the keys to look at again.
    ///
    /// A watch shows versions in order. So what it has passed and does not know of is gone. A list that has begun since the
    /// call tells all that the answer could, or the watch after it does, and it may be later by an end.
    pub fn answered(&mut self, side: Side, kind: Kind, object: &Object, asked: Asked) -> Vec<Key> {
        let is_past = self.shown.is_past(side, kind, object) && !self.knows(side, kind, object);
        if is_past || self.shown.has_listed_since(side, kind, asked) {
            return Vec::new();
        }
        if !self.shown.unread.contains(&(side, kind)) {
            return self.take_in(side, kind, object);
        }
        self.meanwhile(side, kind, object)
    }

    /// Takes in an answer while a list is being read, of which it is no part: what is gone by the time that the API server
    /// makes the list must not pass for something that it shows. A copy that is new is asked for if the list does not
    /// show it. A tenant's object that is new may be newer than the list, which then must not take it away.
    fn meanwhile(&mut self, side: Side, kind: Kind, object: &Object) -> Vec<Key> {
        let id = if self.raising.has(kind) || kind == Kind::PodToken { None } else { self.id(side, object) };
        let Some(id) = id else { return self.take_in(side, kind, object) };
        let before = self.rows(kind).and_then(|rows| rows.seen_in(side, &id, object.uid()));
        let changed = self.take_in(side, kind, object);
        if (before.is_some() || side == Side::Host)
            && let Some(rows) = self.rows_mut(kind)
        {
            rows.set_seen_in(side, &id, before);
        }
        changed
    }

    fn knows(&mut self, side: Side, kind: Kind, object: &Object) -> bool {
        let is_raised = self.raising.has(kind);
        let id = if is_raised { Some(Id::new("", object.name())) } else { self.id(side, object) };
        let rows = self.rows(kind);
        id.is_some_and(|id| rows.is_some_and(|rows| rows.uid(side, &id) == Some(object.uid())))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::names::Names;

    fn pod(uid: &str, version: u64) -> Object {
        json!({
            "metadata": {"name": "a", "namespace": "ns", "uid": uid, "resourceVersion": version.to_string()}, "spec": {},
        })
        .into()
    }

    fn index() -> Index {
        let mut index = Index::new(Names::new("vc", "host-ns"), "10.0.0.9");
        index.seen(Side::Tenant, Kind::Pod, &pod("u1", 2));
        index
    }

    fn uid(index: &Index) -> Option<&str> {
        index.pods.get(&Id::new("ns", "a")).and_then(|pair| pair.tenant.as_ref()).map(|seen| &*seen.uid)
    }

    #[test]
    fn an_answer_that_comes_after_the_end_that_the_watch_has_shown_does_not_bring_the_object_back() {
        let mut index = index();
        index.gone(Side::Tenant, Kind::Pod, &pod("u1", 5));
        let asked = index.asking();
        assert_eq!(index.answered(Side::Tenant, Kind::Pod, &pod("u1", 4), asked), []);
        assert_eq!(uid(&index), None);
    }

    #[test]
    fn an_answer_about_an_earlier_object_does_not_take_the_place_of_its_successor() {
        let mut index = index();
        index.gone(Side::Tenant, Kind::Pod, &pod("u1", 5));
        index.seen(Side::Tenant, Kind::Pod, &pod("u2", 6));
        let asked = index.asking();
        assert_eq!(index.answered(Side::Tenant, Kind::Pod, &pod("u1", 4), asked), []);
        assert_eq!(uid(&index), Some("u2"));
    }

    #[test]
    fn an_answer_that_is_ahead_of_the_watch_is_news_and_so_is_one_after_a_list_of_an_earlier_state() {
        let mut index = index();
        let asked = index.asking();
        assert!(!index.answered(Side::Tenant, Kind::Pod, &pod("u2", 7), asked).is_empty());
        assert_eq!(uid(&index), Some("u2"));
        index.seen(Side::Tenant, Kind::Pod, &pod("u2", 900));
        index.listing(Side::Tenant, Kind::Pod);
        index.listed(Side::Tenant, Kind::Pod, 0);
        let asked = index.asking();
        assert!(!index.answered(Side::Tenant, Kind::Pod, &pod("u3", 8), asked).is_empty());
        assert_eq!(uid(&index), Some("u3"));
    }

    #[test]
    fn a_copy_that_was_made_while_the_host_was_listed_is_asked_for_unless_the_list_has_it() {
        let mut index = index();
        let copy = |name: &str| -> Object {
            let labels = crate::names::marks::labels(index.names(), "ns");
            json!({"metadata": {
                "name": index.names().host("ns", name), "namespace": "host-ns", "uid": name, "resourceVersion": "9",
                "labels": labels, "annotations": {(crate::names::marks::NAME): name},
            }})
            .into()
        };
        let copies = ["listed", "made"].map(copy);
        index.listing(Side::Host, Kind::Pod);
        for made in &copies {
            let asked = index.asking();
            assert!(!index.answered(Side::Host, Kind::Pod, made, asked).is_empty());
        }
        index.seen(Side::Host, Kind::Pod, &copies[0]);
        let key = Key::new(Kind::Pod, Id::new("ns", "made"));
        assert_eq!(index.listed(Side::Host, Kind::Pod, 0), std::slice::from_ref(&key));
        assert!(index.is_doubted(&key));
        // It stays until the host has said what is true.
        assert_eq!(index.pods.held(), [1, 2]);
    }

    #[test]
    fn an_answer_to_what_was_asked_before_a_list_does_not_bring_back_what_the_list_has_not() {
        let mut index = index();
        let asked = index.asking();
        index.listing(Side::Tenant, Kind::Pod);
        // Neither while it is read, where the object is still known, nor after it.
        assert_eq!(index.answered(Side::Tenant, Kind::Pod, &pod("u1", 3), asked), []);
        assert!(!index.listed(Side::Tenant, Kind::Pod, 0).is_empty());
        assert_eq!(uid(&index), None);
        assert_eq!(index.answered(Side::Tenant, Kind::Pod, &pod("u1", 4), asked), []);
        assert_eq!(uid(&index), None);
        // One of something that the list could have shown, and was learned of while it was read, is gone as well.
        index.seen(Side::Tenant, Kind::Pod, &pod("u3", 5));
        index.listing(Side::Tenant, Kind::Pod);
        let asked = index.asking();
        assert!(!index.answered(Side::Tenant, Kind::Pod, &pod("u3", 6), asked).is_empty());
        assert!(!index.listed(Side::Tenant, Kind::Pod, 0).is_empty());
        assert_eq!(uid(&index), None);
        // What was made and ended while the list was asked for: the list is of a later state and has it not.
        index.listing(Side::Tenant, Kind::Pod);
        let asked = index.asking();
        index.listed(Side::Tenant, Kind::Pod, 8);
        assert_eq!(index.answered(Side::Tenant, Kind::Pod, &pod("u4", 7), asked), []);
        assert_eq!(uid(&index), None);
        // A list of another kind says nothing of it.
        let asked = index.asking();
        index.listing(Side::Tenant, Kind::Service);
        assert!(!index.answered(Side::Tenant, Kind::Pod, &pod("u2", 9), asked).is_empty());
    }
}
