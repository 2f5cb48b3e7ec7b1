//! NetworkPolicies. On the host all of a tenant's namespaces are one, which other tenants may share: every selector of
//! pods meets the virtual cluster's own only, and namespaces become the label that those pods have.

use serde_json::{Map, Value};

use super::{
    content::Around,
    selector::{matches_all, narrow, narrow_to_none},
};
use crate::json;

/// What the host's copy holds.
pub(super) fn content(tenant: &Value, around: &Around<'_>) -> Map<String, Value> {
    let own = json::text(&tenant["metadata"]["namespace"]).unwrap_or_default();
    let mut spec = tenant["spec"].clone();
    if let Some(selector) = json::object_mut(&mut spec, "podSelector") {
        narrow(selector, &around.ownership.names, &[own.to_owned()]);
    }
    for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in json::list_mut(&mut spec, rules) {
            json::list_mut(rule, peers).for_each(|peer| scope(peer, own, around));
        }
    }
    Map::from_iter([("spec".to_owned(), spec)])
}

/// Whether a policy's copy depends on what labels the tenant's namespaces have.
pub fn selects_namespaces(tenant: &Value) -> bool {
    let selects = |rules: &str, peers: &str| {
        json::list(&tenant["spec"][rules])
            .flat_map(|rule| json::list(&rule[peers]))
            .any(|peer| !peer["namespaceSelector"].is_null() && !matches_all(&peer["namespaceSelector"]))
    };
    selects("ingress", "from") || selects("egress", "to")
}

/// A peer that is a block of addresses stays as it is.
fn scope(peer: &mut Value, own: &str, around: &Around<'_>) {
    if peer["podSelector"].is_null() && peer["namespaceSelector"].is_null() {
        return;
    }
    let names = &around.ownership.names;
    let of_namespaces = peer["namespaceSelector"].take();
    json::remove(peer, &["namespaceSelector"]);
    let Some(selector) = json::object_mut(peer, "podSelector") else { return };
    if of_namespaces.is_null() {
        narrow(selector, names, &[own.to_owned()]);
    } else if matches_all(&of_namespaces) {
        narrow(selector, names, &[]);
    } else {
        match (around.namespaces)(&of_namespaces).as_slice() {
            [] => narrow_to_none(selector, names),
            met => narrow(selector, names, met),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        kinds::Kind,
        names::{Names, marks},
        translate::{content, metadata::Ownership},
    };

    fn host(spec: Value, met: &[&str]) -> Value {
        let tenant = json!({"metadata": {"name": "p", "namespace": "shop", "uid": "u"}, "spec": spec});
        let ownership = Ownership { names: Names::new("vc", "host-ns"), owner: None };
        let met: Vec<String> = met.iter().map(|&name| name.to_owned()).collect();
        let around = Around { ownership: &ownership, namespaces: &|_| met.clone() };
        content::host(Kind::NetworkPolicy, &tenant, &around).expect("is carried")["spec"].clone()
    }

    /// The namespaces that a selector of the host is narrowed to, if it is to the virtual cluster at all.
    fn scope_of(selector: &Value) -> Option<Vec<String>> {
        let expressions = selector["matchExpressions"].as_array()?;
        let ours = json!({"key": marks::VCLUSTER, "operator": "In", "values": ["vc"]});
        expressions.contains(&ours).then_some(())?;
        let of_namespace = expressions.iter().find(|expression| expression["key"] == marks::NAMESPACE);
        Some(of_namespace.map_or_else(Vec::new, |expression| match json::text(&expression["operator"]) {
            Some("In") => {
                json::list(&expression["values"]).filter_map(json::text).map(str::to_owned).collect()
            }
            other => vec![format!("{other:?}")],
        }))
    }

    #[test]
    fn every_selector_of_pods_stays_in_the_virtual_cluster() {
        let by_label = json!({"matchLabels": {"team": "a"}});
        let peers = [
            (json!({"podSelector": {"matchLabels": {"app": "web"}}}), vec!["shop"], vec!["shop"]),
            (json!({"namespaceSelector": {}}), vec!["shop"], vec![]),
            (json!({"namespaceSelector": by_label, "podSelector": {}}), vec!["a", "b"], vec!["a", "b"]),
            (json!({"namespaceSelector": by_label}), vec![], vec!["Some(\"DoesNotExist\")"]),
        ];
        for (peer, met, expected) in peers {
            for (rules, field) in [("ingress", "from"), ("egress", "to")] {
                let spec = host(
                    json!({"podSelector": {}, (rules): [{(field): [peer], "ports": [{"port": 80}]}]}),
                    &met,
                );
                assert_eq!(scope_of(&spec["podSelector"]), Some(vec!["shop".to_owned()]));
                let rule = &spec[rules][0];
                assert_eq!(rule["ports"], json!([{"port": 80}]));
                let scope = scope_of(&rule[field][0]["podSelector"]);
                assert_eq!(scope, Some(expected.iter().map(|&name| name.to_owned()).collect()), "{peer}");
                assert_eq!(rule[field][0].get("namespaceSelector"), None);
            }
        }
    }

    #[test]
    fn a_block_of_addresses_stays_and_so_does_a_rule_without_peers() {
        let block = json!({"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}});
        let spec = host(json!({"podSelector": {}, "egress": [{"to": [block]}], "ingress": [{}]}), &[]);
        assert_eq!(spec["egress"][0]["to"][0], block);
        assert_eq!(spec["ingress"], json!([{}]));
    }

    #[test]
    fn only_a_selector_by_labels_depends_on_the_namespaces() {
        let policy = |peer: Value| json!({"spec": {"ingress": [{"from": [peer]}]}});
        assert!(selects_namespaces(&policy(json!({"namespaceSelector": {"matchLabels": {"a": "b"}}}))));
        assert!(!selects_namespaces(&policy(json!({"namespaceSelector": {}}))));
        assert!(!selects_namespaces(&policy(json!({"podSelector": {"matchLabels": {"a": "b"}}}))));
    }
}
