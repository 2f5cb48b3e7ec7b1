//! Which owners are gone, from the events of a watch. Pure: no I/O.

use std::{collections::HashMap, mem};

use kube::{ResourceExt, runtime::watcher::Event};

/// One owner. Another one of the same name has another uid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) uid: String,
}

impl Owner {
    /// None where the API server has not given a uid yet.
    pub(super) fn of(object: &impl ResourceExt) -> Option<Self> {
        Some(Self {
            namespace: object.namespace().unwrap_or_default(),
            name: object.name_any(),
            uid: object.uid()?,
        })
    }

    /// Whether `object` is this owner's and nobody else's: what has other owners too, only the garbage collector can
    /// judge, for it knows them all.
    pub(super) fn alone_owns(&self, object: &impl ResourceExt) -> bool {
        let owners = object.owner_references();
        !owners.is_empty() && owners.iter().all(|owner| owner.uid == self.uid)
    }
}

/// The owners there are, by uid.
#[derive(Debug, Default)]
pub(super) struct Present {
    known: HashMap<String, Owner>,
    /// What a list under way has told so far.
    listed: HashMap<String, Owner>,
}

impl Present {
    /// The owners that `event` shows to be gone. After a gap in the watch there is no event of what went in it: it was
    /// known, and the new list lacks it.
    pub(super) fn gone_after<K: ResourceExt>(&mut self, event: &Event<K>) -> Vec<Owner> {
        match event {
            Event::Apply(object) => {
                self.known.extend(Owner::of(object).map(|owner| (owner.uid.clone(), owner)));
            }
            Event::InitApply(object) => {
                self.listed.extend(Owner::of(object).map(|owner| (owner.uid.clone(), owner)));
            }
            Event::Init => self.listed.clear(),
            Event::Delete(object) => {
                let gone = Owner::of(object);
                self.known.retain(|uid, _| gone.as_ref().is_none_or(|gone| gone.uid != *uid));
                return gone.into_iter().collect();
            }
            Event::InitDone => {
                let before = mem::replace(&mut self.known, mem::take(&mut self.listed));
                return before.into_values().filter(|owner| !self.known.contains_key(&owner.uid)).collect();
            }
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::ConfigMap;
    use serde_json::json;

    use super::*;

    fn object(name: &str, uid: &str, owners: &[&str]) -> ConfigMap {
        let owner = |uid| json!({"apiVersion": "v1", "kind": "K", "name": "o", "uid": uid});
        let owners: Vec<_> = owners.iter().map(owner).collect();
        let metadata = json!({"namespace": "n", "name": name, "uid": uid, "ownerReferences": owners});
        serde_json::from_value(json!({"metadata": metadata})).unwrap()
    }

    fn gone(present: &mut Present, events: Vec<Event<ConfigMap>>) -> Vec<String> {
        events.iter().flat_map(|event| present.gone_after(event)).map(|owner| owner.uid).collect()
    }

    #[test]
    fn what_is_deleted_is_gone_once() {
        let mut present = Present::default();
        let events = vec![
            Event::Init,
            Event::InitApply(object("a", "1", &[])),
            Event::InitDone,
            Event::Apply(object("b", "2", &[])),
            Event::Delete(object("a", "1", &[])),
        ];
        assert_eq!(gone(&mut present, events), ["1"]);
        let relisted = vec![Event::Init, Event::InitApply(object("b", "2", &[])), Event::InitDone];
        assert!(gone(&mut present, relisted).is_empty());
    }

    #[test]
    fn what_vanished_in_a_gap_of_the_watch_is_gone_even_where_its_name_is_taken_again() {
        let mut present = Present::default();
        gone(&mut present, vec![Event::Apply(object("a", "1", &[])), Event::Apply(object("b", "2", &[]))]);
        let relisted = vec![
            Event::Init,
            Event::InitApply(object("a", "3", &[])),
            Event::InitApply(object("b", "2", &[])),
            Event::InitDone,
        ];
        assert_eq!(gone(&mut present, relisted), ["1"]);
    }

    #[test]
    fn a_list_that_broke_off_says_nothing() {
        let mut present = Present::default();
        gone(&mut present, vec![Event::Apply(object("a", "1", &[])), Event::Init, Event::Init]);
        let relisted = vec![Event::InitApply(object("a", "1", &[])), Event::InitDone];
        assert!(gone(&mut present, relisted).is_empty());
    }

    #[test]
    fn what_has_another_owner_too_is_not_ours_to_delete() {
        let owner = Owner::of(&object("a", "1", &[])).unwrap();
        assert!(owner.alone_owns(&object("x", "9", &["1"])));
        assert!(!owner.alone_owns(&object("x", "9", &["1", "2"])));
        assert!(!owner.alone_owns(&object("x", "9", &["2"])));
        assert!(!owner.alone_owns(&object("x", "9", &[])));
    }
}
