//! Copies that a watch no longer shows although nothing says that they were deleted. The host's watches select by our
//! labels, so a copy whose labels someone has taken off looks just as gone as one that is. Which it is has to be asked,
//! and nothing but an answer settles it: what is still on its way here may be older than the doubt.

use super::{Index, Key};
use crate::{
    kinds::{Kind, Side},
    object::Object,
};

impl Index {
    /// Whether the copy has to be asked for.
    pub fn is_doubted(&self, key: &Key) -> bool {
        self.doubts.contains(key)
    }

    /// Takes the doubt away before the copy is asked for, so that one that arises meanwhile is another. Returns the
    /// uid of the copy, if there is one to ask for.
    pub fn take_doubt(&mut self, key: &Key) -> Option<Box<str>> {
        self.doubts.remove(key);
        self.host_uid(key).map(Box::from)
    }

    /// It could not be asked for.
    pub fn doubt_again(&mut self, key: &Key) {
        self.doubts.insert(key.clone());
    }

    /// It is there: the watch has shown it since.
    pub fn undoubt(&mut self, key: &Key) {
        self.doubts.remove(key);
    }

    /// Takes a copy that is in doubt for gone, if the tenant does not have its object either. For who will look for
    /// copies without labels before anything is decided. Returns the keys to look at again.
    pub fn believe(&mut self, key: &Key) -> Vec<Key> {
        let tenants = self.rows(key.kind).and_then(|rows| rows.uid(Side::Tenant, &key.id));
        if tenants.is_some() || !self.is_doubted(key) {
            return Vec::new();
        }
        self.take_doubt(key).map(|uid| self.lost(key, &uid)).unwrap_or_default()
    }

    /// The copy with this uid is gone indeed. Returns the keys to look at again.
    pub fn lost(&mut self, key: &Key, uid: &str) -> Vec<Key> {
        self.lose(Side::Host, key.clone(), uid)
    }

    /// The host has taken our deletion of a copy, so that its end will be no surprise.
    pub fn ended(&mut self, key: &Key, uid: &str) {
        if let Some(rows) = self.rows_mut(key.kind) {
            rows.end_host(&key.id, uid);
        }
    }

    /// Whether the end of a copy comes as a surprise: neither was it being deleted, nor have we done it.
    pub(super) fn is_surprising(&self, key: &Key, object: &Object) -> bool {
        let Some(rows) = self.rows(key.kind) else { return false };
        let is_copy = rows.uid(Side::Host, &key.id) == Some(object.uid());
        is_copy && object.deleting().is_none() && !rows.is_host_ending(&key.id)
    }

    /// The copies that a whole list has not shown; they stay until they have been asked for. One that was being deleted
    /// is asked for too: the answer to a write of ours may be on its way and would bring it back.
    pub(super) fn doubt_unlisted(&mut self, kind: Kind) -> Vec<Key> {
        let ids = self.rows_mut(kind).map(|rows| rows.keep_unlisted()).unwrap_or_default();
        let keys: Vec<Key> = ids.into_iter().map(|id| Key::new(kind, id)).collect();
        self.doubts.extend(keys.iter().cloned());
        keys
    }

    pub(super) fn host_uid(&self, key: &Key) -> Option<&str> {
        self.rows(key.kind)?.uid(Side::Host, &key.id)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        index::Id,
        names::{Names, marks},
    };

    fn copy(uid: &str, metadata: Value) -> Object {
        let mut object = json!({
            "metadata": {
                "name": "m-x-ns-x-vc", "namespace": "host", "uid": uid, "resourceVersion": "5",
                "labels": {marks::VCLUSTER: "vc", marks::NAMESPACE: "ns"},
                "annotations": {marks::NAME: "m", marks::UID: "t"},
            },
        });
        if let (Some(all), Value::Object(more)) = (object["metadata"].as_object_mut(), metadata) {
            all.extend(more);
        }
        object.into()
    }

    fn index() -> (Index, Key) {
        let mut index = Index::new(Names::new("vc", "host"), "127.0.0.1");
        index.seen(Side::Host, Kind::Pod, &copy("h", json!({})));
        (index, Key::new(Kind::Pod, Id::new("ns", "m")))
    }

    #[test]
    fn an_end_that_nothing_has_announced_is_doubted_until_it_is_asked_for() {
        let (mut index, key) = index();
        assert_eq!(index.gone(Side::Host, Kind::Pod, &copy("h", json!({}))), std::slice::from_ref(&key));
        assert!(index.is_doubted(&key));
        assert_eq!(index.take_doubt(&key).as_deref(), Some("h"));
        assert_eq!(index.lost(&key, "h"), std::slice::from_ref(&key));
        assert!(!index.is_doubted(&key) && index.host_uid(&key).is_none());
    }

    #[test]
    fn an_end_that_was_announced_or_is_our_work_is_believed() {
        let announced = json!({"deletionTimestamp": "2026-01-01T00:00:00Z", "deletionGracePeriodSeconds": 0});
        let (mut index, key) = self::index();
        index.gone(Side::Host, Kind::Pod, &copy("h", announced));
        assert!(!index.is_doubted(&key) && index.host_uid(&key).is_none());
        let (mut index, key) = self::index();
        index.ended(&key, "h");
        index.gone(Side::Host, Kind::Pod, &copy("h", json!({})));
        assert!(!index.is_doubted(&key) && index.host_uid(&key).is_none());
    }

    #[test]
    fn a_list_that_does_not_show_a_copy_is_doubted_too() {
        let (mut index, key) = index();
        index.listing(Side::Host, Kind::Pod);
        assert_eq!(index.listed(Side::Host, Kind::Pod, 0), std::slice::from_ref(&key));
        assert!(index.is_doubted(&key) && index.host_uid(&key) == Some("h"));
    }

    #[test]
    fn a_doubt_is_believed_where_the_tenant_has_no_object_and_the_watch_has_not_shown_the_copy_since() {
        let (mut index, key) = self::index();
        assert_eq!(index.believe(&key), [], "there is no doubt");
        index.gone(Side::Host, Kind::Pod, &copy("h", json!({})));
        index.undoubt(&key);
        assert_eq!((index.believe(&key), index.host_uid(&key)), (Vec::new(), Some("h")));
        index.gone(Side::Host, Kind::Pod, &copy("h", json!({})));
        let pod = json!({"metadata": {"name": "m", "namespace": "ns", "uid": "t", "resourceVersion": "4"}, "spec": {}});
        let pod = Object::from(pod);
        index.seen(Side::Tenant, Kind::Pod, &pod);
        assert_eq!(index.believe(&key), [], "it is wanted");
        index.gone(Side::Tenant, Kind::Pod, &pod);
        assert_eq!(index.believe(&key), std::slice::from_ref(&key));
        assert!(index.is_gone(&key) && !index.is_doubted(&key));
    }

    #[test]
    fn a_copy_whose_name_another_has_got_is_forgotten_and_an_end_that_is_announced_after_all_is_believed() {
        let (mut index, key) = index();
        index.gone(Side::Host, Kind::Pod, &copy("h", json!({})));
        index.seen(Side::Host, Kind::Pod, &copy("h2", json!({"resourceVersion": "6"})));
        assert!(index.copies.get("h").is_none() && index.copies.get("h2").is_some());
        index.gone(Side::Host, Kind::Pod, &copy("h2", json!({"resourceVersion": "7"})));
        assert!(index.is_doubted(&key));
        let announced = json!({"resourceVersion": "8", "deletionTimestamp": "2026-01-01T00:00:00Z"});
        index.gone(Side::Host, Kind::Pod, &copy("h2", announced));
        assert!(index.is_gone(&key) && !index.is_doubted(&key));
    }

    #[test]
    fn an_answer_of_before_its_end_does_not_settle_a_doubt() {
        let (mut index, key) = index();
        index.gone(Side::Host, Kind::Pod, &copy("h", json!({"resourceVersion": "7"})));
        let asked = index.asking();
        index.answered(Side::Host, Kind::Pod, &copy("h", json!({"resourceVersion": "6"})), asked);
        assert!(index.is_doubted(&key));
    }
}
