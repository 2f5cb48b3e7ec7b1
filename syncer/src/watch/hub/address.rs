//! Whose a change on the host is.

use crate::watch::feed::Change;

/// The part of the host that one tenant's watch of a kind shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// Empty for a kind without namespaces.
    namespace: Box<str>,
    /// What its objects are labelled with; nothing where all are meant.
    labels: Vec<(&'static str, String)>,
}

impl Address {
    pub(super) fn new(namespace: &str, labels: &[(&'static str, String)]) -> Self {
        Self { namespace: namespace.into(), labels: labels.to_owned() }
    }

    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// What a watch of this address alone would make of a change: nothing of what is not its own. A copy that has got
    /// another virtual cluster's labels is gone to the former one.
    pub(super) fn own(&self, change: &Change) -> Option<Change> {
        let object = change.object();
        if object.namespace() != &*self.namespace {
            return None;
        }
        if self.labels.iter().all(|(key, value)| object.label(key) == Some(value)) {
            return Some(change.clone());
        }
        match change {
            Change::Apply(object) => Some(Change::Delete(object.labelled(&self.labels))),
            Change::Delete(_) => None,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::object::Object;
    use serde_json::json;

    use super::*;
    use crate::names::marks;

    /// The labels of a virtual cluster's copies.
    pub(crate) fn of(vcluster: &str) -> [(&'static str, String); 1] {
        [(marks::VCLUSTER, vcluster.to_owned())]
    }

    pub(crate) fn object(namespace: &str, vcluster: Option<&str>, version: u64) -> Object {
        let labels = vcluster.map(|name| json!({ (marks::VCLUSTER): name })).unwrap_or_default();
        json!({"metadata": {
            "name": "o", "namespace": namespace, "uid": "u", "resourceVersion": version.to_string(), "labels": labels,
        }})
        .into()
    }

    fn shown(address: &Address, change: &Change) -> Option<(&'static str, Option<String>)> {
        let label = |object: &Object| object.label(marks::VCLUSTER).map(str::to_owned);
        address.own(change).map(|own| match own {
            Change::Apply(object) => ("apply", label(&object)),
            Change::Delete(object) => ("delete", label(&object)),
        })
    }

    #[test]
    fn another_namespace_is_nobody_elses_to_see() {
        let (all, copies) = (Address::new("ns", &[]), Address::new("ns", &of("vc")));
        for change in [Change::Apply, Change::Delete] {
            let foreign = change(object("other", Some("vc"), 1));
            assert_eq!((shown(&all, &foreign), shown(&copies, &foreign)), (None, None));
            let own = change(object("ns", Some("vc"), 1));
            assert!(shown(&all, &own).is_some() && shown(&copies, &own).is_some());
        }
    }

    #[test]
    fn another_virtual_clusters_copies_in_the_same_namespace_are_seen_by_none_but_who_watches_all() {
        let (all, copies) = (Address::new("ns", &[]), Address::new("ns", &of("vc")));
        let gone = Change::Delete(object("ns", Some("other"), 1));
        assert_eq!((shown(&all, &gone).is_some(), shown(&copies, &gone)), (true, None));
    }

    #[test]
    fn a_copy_that_gets_another_virtual_clusters_label_is_gone_as_it_was_labelled() {
        let change = Change::Apply(object("ns", Some("other"), 7));
        let to = |vcluster| shown(&Address::new("ns", &of(vcluster)), &change);
        assert_eq!(to("vc"), Some(("delete", Some("vc".to_owned()))));
        assert_eq!(to("other"), Some(("apply", Some("other".to_owned()))));
    }
}
