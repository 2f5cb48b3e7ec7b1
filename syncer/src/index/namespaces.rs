//! The tenant's namespaces by their labels, which selectors of namespaces speak of.

use serde_json::Value;

use super::{Id, Index, Key, Translated};
use crate::{kinds::Kind, object::Object, translate};

/// The labels of a namespace.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Labels(Box<[(Box<str>, Box<str>)]>);

impl Labels {
    pub(super) fn of(namespace: &Object) -> Self {
        Self(namespace.labels().map(|(key, value)| (key.into(), value.into())).collect())
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| **own == *key).map(|(_, value)| &**value)
    }
}

impl Index {
    /// The tenant's namespaces that a label selector means.
    pub fn namespaces(&self, selector: &Value) -> Vec<String> {
        let named = self.namespaces.iter().filter(|(_, pair)| {
            pair.tenant.as_ref().is_some_and(|seen| translate::selects(selector, |key| seen.detail.get(key)))
        });
        let mut named: Vec<String> = named.map(|(id, _)| id.name.to_string()).collect();
        named.sort();
        named
    }

    pub(super) fn namespace_seen(&mut self, id: &Id, namespace: &Object) -> Vec<Key> {
        let labels = Labels::of(namespace);
        let before = self.namespaces.get(id).and_then(|pair| pair.tenant.as_ref());
        let is_other = before.is_none_or(|seen| seen.detail != labels);
        let fresh = self.namespaces.see_tenant(id, namespace, labels);
        if fresh && is_other { self.outdate() } else { Vec::new() }
    }

    /// What depends on the labels of namespaces has to be translated again.
    pub(super) fn outdate(&mut self) -> Vec<Key> {
        let kind = Kind::NetworkPolicy;
        let policies = self.contents.of_mut(kind).tenants_mut();
        let dependent = policies.filter(|(_, policy)| policy.detail.selects_namespaces);
        let outdated = dependent.map(|(id, policy)| {
            policy.detail.translated = Translated::Outdated;
            Key::new(kind, id.clone())
        });
        outdated.collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        kinds::{Kind, Side},
        names::Names,
    };

    fn namespace(name: &str, version: u64, labels: Value) -> Object {
        Object::from(json!({"metadata": {
            "name": name, "uid": name, "resourceVersion": version.to_string(), "labels": labels,
        }}))
    }

    fn meant(index: &Index, selector: &Value) -> Vec<String> {
        let mut meant = index.namespaces(selector);
        meant.sort();
        meant
    }

    #[test]
    fn a_selector_means_the_namespaces_with_such_labels_as_they_are_now() {
        let mut index = Index::new(Names::new("vc", "host-ns"), "10.0.0.1");
        let mut see = |object: Object| index.seen(Side::Tenant, Kind::Namespace, &object);
        see(namespace("a", 1, json!({"team": "x", "tier": "gold"})));
        see(namespace("b", 2, json!({"team": "x"})));
        see(namespace("c", 3, Value::Null));
        see(namespace("d", 4, json!({"team": "y"})));
        see(namespace("d", 5, json!({"team": "z"})));
        let expression = |operator: &str, values: &[&str]| json!({"matchExpressions": [{"key": "team", "operator": operator, "values": values}]});
        let cases: [(Value, &[&str]); 9] = [
            (json!({}), &["a", "b", "c", "d"]),
            (json!({"matchLabels": {"team": "x"}}), &["a", "b"]),
            (json!({"matchLabels": {"team": "x", "tier": "gold"}}), &["a"]),
            (json!({"matchLabels": {"team": "y"}}), &[]),
            (expression("In", &["x", "z"]), &["a", "b", "d"]),
            (expression("NotIn", &["x"]), &["c", "d"]),
            (expression("Exists", &[]), &["a", "b", "d"]),
            (expression("DoesNotExist", &[]), &["c"]),
            (expression("Unheard", &[]), &[]),
        ];
        for (selector, expected) in cases {
            assert_eq!(meant(&index, &selector), expected, "{selector}");
        }
        index.gone(Side::Tenant, Kind::Namespace, &namespace("b", 6, Value::Null));
        assert_eq!(meant(&index, &json!({"matchLabels": {"team": "x"}})), ["a"]);
    }

    #[test]
    fn a_namespace_that_a_later_list_does_not_show_is_gone() {
        let mut index = Index::new(Names::new("vc", "host-ns"), "10.0.0.1");
        for names in [["a", "b"].as_slice(), &["b"]] {
            index.listing(Side::Tenant, Kind::Namespace);
            for name in names {
                index.seen(Side::Tenant, Kind::Namespace, &namespace(name, 1, Value::Null));
            }
            index.listed(Side::Tenant, Kind::Namespace, 0);
        }
        assert_eq!(meant(&index, &json!({})), ["b"]);
    }
}
