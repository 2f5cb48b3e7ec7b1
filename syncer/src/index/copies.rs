//! Our copies by the host's uid, which is how an event says what it is about.

use std::collections::HashMap;

use super::{Id, Key, Uid};
use crate::{kinds::Kind, names::marks, object::Object, room::Room};

/// A copy on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The tenant object that it was made from.
    pub key: Key,
    /// That object's uid.
    pub tenant_uid: Uid,
}

#[derive(Debug, Default)]
pub(super) struct Copies {
    by_uid: HashMap<Uid, (Copy, u32)>,
    /// Lists of each kind so far. What the last one did not show has vanished.
    epochs: HashMap<Kind, u32>,
}

impl Copies {
    pub(super) fn get(&self, host_uid: &str) -> Option<&Copy> {
        self.by_uid.get(host_uid).map(|(copy, _)| copy)
    }

    /// Takes in a host object of ours. Objects that we make for ourselves are copies of nothing.
    pub(super) fn see(&mut self, kind: Kind, id: &Id, object: &Object) {
        let Some(tenant_uid) = object.annotation(marks::UID) else { return };
        if object.label(marks::ROLE).is_some() {
            return;
        }
        let epoch = self.epoch(kind);
        if let Some((_, seen)) = self.by_uid.get_mut(object.uid()) {
            *seen = epoch;
            return;
        }
        let copy = Copy { key: Key::new(kind, id.clone()), tenant_uid: tenant_uid.into() };
        self.by_uid.insert(object.uid().into(), (copy, epoch));
    }

    pub(super) fn lose(&mut self, host_uid: &str) {
        self.by_uid.remove(host_uid);
    }

    pub(super) fn listing(&mut self, kind: Kind) {
        *self.epochs.entry(kind).or_default() += 1;
    }

    pub(super) fn listed(&mut self, kind: Kind) {
        let epoch = self.epoch(kind);
        self.by_uid.retain(|_, (copy, seen)| copy.key.kind != kind || *seen == epoch);
    }

    /// Gives up the room that nothing is in.
    pub(super) fn shrink(&mut self) {
        self.by_uid.shrink();
    }

    fn epoch(&self, kind: Kind) -> u32 {
        self.epochs.get(&kind).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn copy(uid: &str, name: &str) -> Object {
        json!({"metadata": {"name": name, "uid": uid, "annotations": {marks::UID: "t"}}}).into()
    }

    #[test]
    fn what_a_later_list_does_not_show_is_no_copy_any_more_and_other_kinds_stay() {
        let (mut copies, id) = (Copies::default(), Id::new("ns", "a"));
        copies.see(Kind::Pod, &id, &copy("p1", "a"));
        copies.see(Kind::Pod, &id, &copy("p2", "a"));
        copies.see(Kind::Service, &id, &copy("s1", "a"));
        copies.listing(Kind::Pod);
        copies.see(Kind::Pod, &id, &copy("p2", "a"));
        copies.listed(Kind::Pod);
        assert_eq!(copies.get("p1"), None);
        assert_eq!(copies.get("p2").map(|copy| copy.key.kind), Some(Kind::Pod));
        assert_eq!(copies.get("s1").map(|copy| copy.key.kind), Some(Kind::Service));
    }

    #[test]
    fn a_secret_that_we_made_for_ourselves_is_no_copy() {
        let mut copies = Copies::default();
        let mut tokens = json!({"metadata": {"name": "n", "uid": "u", "annotations": {marks::UID: "t"}}});
        tokens["metadata"]["labels"] = json!({marks::ROLE: marks::POD_TOKEN});
        copies.see(Kind::Secret, &Id::new("ns", "a"), &tokens.into());
        assert_eq!(copies.get("u"), None);
    }
}
