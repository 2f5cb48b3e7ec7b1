//! What answers to our own calls may teach. An answer can be slow: by the time it is looked at, the watch may have shown
//! the object's end, or its successor under the same name. Taken for news then, it would bring back what is gone, and
//! no watch would ever contradict it.

use std::collections::HashMap;

use super::{Id, Index, Key, rows::Rows};
use crate::{
    kinds::{Kind, Side},
    object::Object,
};

/// The newest version that each watch has shown since its last list.
#[derive(Debug, Default)]
pub(super) struct Shown(HashMap<(Side, Kind), u64>);

impl Shown {
    pub(super) fn note(&mut self, side: Side, kind: Kind, object: &Object) {
        let newest = self.0.entry((side, kind)).or_default();
        *newest = object.version().max(*newest);
    }

    /// A list begins, which may be of an earlier state: after a restore from a backup versions start low again.
    pub(super) fn listing(&mut self, side: Side, kind: Kind) {
        self.0.remove(&(side, kind));
    }

    fn is_past(&self, side: Side, kind: Kind, object: &Object) -> bool {
        self.0.get(&(side, kind)).is_some_and(|newest| object.version() <= *newest)
    }
}

impl Index {
    /// Takes in an object from an answer to a call; returns the keys to look at again.
    ///
    /// A watch shows versions in order. So what it has passed and does not know of is gone.
    pub fn answered(&mut self, side: Side, kind: Kind, object: &Object) -> Vec<Key> {
        if self.shown.is_past(side, kind, object) && !self.knows(side, kind, object) {
            return Vec::new();
        }
        self.take_in(side, kind, object)
    }

    fn knows(&self, side: Side, kind: Kind, object: &Object) -> bool {
        let is_raised = self.raising.has(kind);
        let id = if is_raised { Some(Id::new("", object.name())) } else { self.id(side, object) };
        let tokens = self.is_token(side, kind, object);
        let rows = if tokens { Some(&self.tokens as &dyn Rows) } else { self.rows(kind) };
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
        assert_eq!(index.answered(Side::Tenant, Kind::Pod, &pod("u1", 4)), []);
        assert_eq!(uid(&index), None);
    }

    #[test]
    fn an_answer_about_an_earlier_object_does_not_take_the_place_of_its_successor() {
        let mut index = index();
        index.gone(Side::Tenant, Kind::Pod, &pod("u1", 5));
        index.seen(Side::Tenant, Kind::Pod, &pod("u2", 6));
        assert_eq!(index.answered(Side::Tenant, Kind::Pod, &pod("u1", 4)), []);
        assert_eq!(uid(&index), Some("u2"));
    }

    #[test]
    fn an_answer_that_is_ahead_of_the_watch_is_news_and_so_is_one_after_a_list_of_an_earlier_state() {
        let mut index = index();
        assert!(!index.answered(Side::Tenant, Kind::Pod, &pod("u2", 7)).is_empty());
        assert_eq!(uid(&index), Some("u2"));
        index.seen(Side::Tenant, Kind::Pod, &pod("u2", 900));
        index.listing(Side::Tenant, Kind::Pod);
        index.listed(Side::Tenant, Kind::Pod);
        assert!(!index.answered(Side::Tenant, Kind::Pod, &pod("u3", 8)).is_empty());
        assert_eq!(uid(&index), Some("u3"));
    }
}
