//! Affinity, spread, and chosen nodes.

use super::*;

#[test]
fn affinity_meets_only_pods_of_the_same_tenant_and_namespace() {
    let mut pod = operator();
    pod["spec"]["affinity"] = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
        {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "op"}}},
    ]}});
    let host = translate(&pod);
    let term =
        &host["spec"]["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0];
    assert_eq!(
        term["labelSelector"]["matchExpressions"],
        json!([
            {"key": "tenantbench.dev/vcluster", "operator": "In", "values": ["vc"]},
            {"key": "tenantbench.dev/namespace", "operator": "In", "values": ["ray"]},
        ])
    );
}

#[test]
fn a_node_that_the_user_chose_is_asked_of_the_hosts_scheduler_and_one_that_was_bound_is_not() {
    let mut pod = operator();
    pod["spec"]["nodeName"] = json!("node-1");
    let pinned = translate(&pod);
    assert_eq!(pinned["spec"].get("nodeName"), None);
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    assert_eq!(
        pinned["spec"]["affinity"]["nodeAffinity"][required]["nodeSelectorTerms"],
        json!([{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node-1"]}]}])
    );
    pod["status"]["conditions"] = json!([{"type": "PodScheduled", "status": "True"}]);
    let bound = translate(&pod);
    assert_eq!((bound["spec"].get("nodeName"), bound["spec"].get("affinity")), (None, None));
}

/// What the selector of a term becomes.
fn scoped(term: Value) -> Value {
    let preferred = json!([{"weight": 1, "podAffinityTerm": term}]);
    let affinity = json!({"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}});
    let host = translate(&with(json!({ "affinity": affinity })));
    let preferred =
        &host["spec"]["affinity"]["podAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"];
    let term = &preferred[0]["podAffinityTerm"];
    assert_eq!((term.get("namespaces"), term.get("namespaceSelector")), (None, None));
    term["labelSelector"].clone()
}

#[test]
fn a_term_meets_pods_of_the_namespaces_that_it_speaks_of() {
    let vcluster = json!({"key": "tenantbench.dev/vcluster", "operator": "In", "values": ["vc"]});
    let of = |names: &[&str]| json!([vcluster, {"key": "tenantbench.dev/namespace", "operator": "In", "values": names}]);
    let none = json!([vcluster, {"key": "tenantbench.dev/namespace", "operator": "DoesNotExist"}]);
    let team = json!({"matchLabels": {"team": "a"}});
    let other = json!({"matchLabels": {"team": "b"}});
    let cases = [
        (json!({}), of(&["ray"])),
        (json!({"namespaces": []}), of(&["ray"])),
        (json!({"namespaces": ["ml", "web"]}), of(&["ml", "web"])),
        (json!({"namespaceSelector": {}}), json!([vcluster])),
        (json!({"namespaces": ["ml"], "namespaceSelector": {}}), json!([vcluster])),
        (json!({"namespaceSelector": team}), of(&["ml", "ray"])),
        (json!({"namespaces": ["web"], "namespaceSelector": team}), of(&["ml", "ray", "web"])),
        (json!({"namespaces": ["web"], "namespaceSelector": other}), of(&["web"])),
        (json!({"namespaceSelector": other}), none),
    ];
    for (term, expected) in cases {
        let mut whole = json!({"labelSelector": {"matchLabels": {"app": "a"}}});
        whole.as_object_mut().expect("an object").extend(term.as_object().cloned().expect("an object"));
        let selector = scoped(whole);
        assert_eq!(selector["matchLabels"], json!({"app": "a"}));
        assert_eq!(selector["matchExpressions"], expected, "{term}");
    }
}

#[test]
fn a_term_without_selector_meets_nothing_as_before() {
    assert_eq!(scoped(json!({"topologyKey": "zone"})), Value::Null);
}

#[test]
fn what_an_api_server_merges_into_a_selector_is_left_to_the_hosts() {
    let merged = |operator: &str, key: &str| json!({"key": key, "operator": operator, "values": ["a1"]});
    let own = json!({"key": "app", "operator": "Exists"});
    let selector = scoped(json!({
        "matchLabelKeys": ["pod-template-hash"], "mismatchLabelKeys": ["tier"],
        "labelSelector": {"matchExpressions": [own, merged("In", "pod-template-hash"), merged("NotIn", "tier")]},
    }));
    let keys: Vec<&Value> =
        json::list(&selector["matchExpressions"]).map(|expression| &expression["key"]).collect();
    assert_eq!(keys, ["app", "tenantbench.dev/vcluster", "tenantbench.dev/namespace"]);
}

#[test]
fn pods_are_spread_among_those_of_their_own_namespace() {
    let spread = json!([{
        "topologyKey": "zone", "maxSkew": 1, "matchLabelKeys": ["h"],
        "labelSelector": {"matchLabels": {"app": "a"}, "matchExpressions": [{"key": "h", "operator": "In", "values": ["1"]}]},
    }]);
    let host = translate(&with(json!({ "topologySpreadConstraints": spread })));
    let constraint = &host["spec"]["topologySpreadConstraints"][0];
    assert_eq!(constraint["matchLabelKeys"], json!(["h"]));
    assert_eq!(
        constraint["labelSelector"]["matchExpressions"],
        json!([
            {"key": "tenantbench.dev/vcluster", "operator": "In", "values": ["vc"]},
            {"key": "tenantbench.dev/namespace", "operator": "In", "values": ["ray"]},
        ])
    );
}

#[test]
fn a_node_is_chosen_besides_what_the_pod_asks_of_nodes() {
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let by_field = json!({"key": "metadata.name", "operator": "In", "values": ["node-1"]});
    let by_label = json!({"key": "disk", "operator": "In", "values": ["ssd"]});
    let terms = json!([{"matchExpressions": [by_label]}, {"matchFields": [by_field]}]);
    let affinity = json!({"nodeAffinity": {required: {"nodeSelectorTerms": terms}}});
    let daemon = translate(&with(json!({ "affinity": affinity })));
    assert_eq!(daemon["spec"]["affinity"]["nodeAffinity"][required]["nodeSelectorTerms"], terms);
    let pinned = translate(&with(json!({"affinity": affinity, "nodeName": "node-2"})));
    let only = json!({"key": "metadata.name", "operator": "In", "values": ["node-2"]});
    assert_eq!(
        pinned["spec"]["affinity"]["nodeAffinity"][required]["nodeSelectorTerms"],
        json!([
            {"matchExpressions": [by_label], "matchFields": [only]},
            {"matchFields": [by_field, only]},
        ])
    );
}
