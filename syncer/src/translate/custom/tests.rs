use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    index::Id,
    kinds::Kind,
    names::{Names, marks},
    translate::{Refused, metadata::Ownership},
};

fn names() -> Names {
    Names::new("vc", "host-ns")
}

fn ownership() -> Ownership {
    Ownership { names: names(), owner: Some(json!({"uid": "plane"})) }
}

fn rules(drafts: Value) -> Rules {
    let drafts: Vec<Draft> = serde_json::from_value(drafts).expect("drafts");
    Rules::compile(&drafts, |of| of.copied_when_named().is_some()).expect("rules")
}

fn object(spec: Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "w", "namespace": "shop", "uid": "u"}, "spec": spec,
    })
}

/// What the rule makes of a value at `spec.x`.
fn translated(mut draft: Value, value: Value) -> Result<Value, Refused> {
    draft["path"] = json!("spec.x");
    let copy = rules(json!([draft])).host(Kind::ConfigMap, &object(json!({ "x": value })), &ownership())?;
    Ok(copy["spec"]["x"].clone())
}

fn name() -> Value {
    json!({"is": "name", "of": "Secret"})
}

fn reference() -> Value {
    json!({"is": "reference", "of": "Secret"})
}

#[test]
fn every_meaning_is_carried_to_the_host() {
    let scope = json!([
        {"key": marks::VCLUSTER, "operator": "In", "values": ["vc"]},
        {"key": marks::NAMESPACE, "operator": "In", "values": ["shop"]},
    ]);
    let cases = [
        (name(), json!("db"), json!("db-x-shop-x-vc")),
        (name(), json!(""), json!("")),
        (name(), json!(null), json!(null)),
        (reference(), json!({"name": "db"}), json!({"name": "db-x-shop-x-vc"})),
        (
            reference(),
            json!({"namespace": "other", "name": "db", "key": "k"}),
            json!({"namespace": "host-ns", "name": "db-x-other-x-vc", "key": "k"}),
        ),
        (
            reference(),
            json!({"namespace": "", "name": "db"}),
            json!({"namespace": "", "name": "db-x-shop-x-vc"}),
        ),
        (reference(), json!({"key": "k"}), json!({"key": "k"})),
        (reference(), json!("db"), json!("db-x-shop-x-vc")),
        (reference(), json!("other/db"), json!("host-ns/db-x-other-x-vc")),
        (json!({"is": "namespace"}), json!("other"), json!("host-ns")),
        (
            json!({"is": "selector"}),
            json!({"matchLabels": {"app": "a"}}),
            json!({"matchLabels": {"app": "a"}, "matchExpressions": scope}),
        ),
        (json!({"is": "selector"}), json!({}), json!({"matchExpressions": scope})),
        (
            json!({"is": "labels"}),
            json!({"app": "a", (marks::VCLUSTER): "other"}),
            json!({"app": "a", (marks::VCLUSTER): "vc", (marks::NAMESPACE): "shop"}),
        ),
        (json!({"is": "fixed", "value": {"a": 1}}), json!("mine"), json!({"a": 1})),
        (json!({"is": "dropped"}), json!("mine"), json!(null)),
    ];
    for (draft, value, expected) in cases {
        assert_eq!(translated(draft.clone(), value.clone()), Ok(expected), "{draft} {value}");
    }
}

#[test]
fn what_a_rule_does_not_fit_is_refused_with_its_place() {
    let cases = [
        (name(), json!("../db")),
        (name(), json!("a/b")),
        (name(), json!(7)),
        (name(), json!(["db"])),
        (reference(), json!({"namespace": "kube-system/x", "name": "db"})),
        (reference(), json!({"namespace": ["x"], "name": "db"})),
        (reference(), json!({"name": {"a": 1}})),
        (reference(), json!("a/b/c")),
        (reference(), json!([])),
        (json!({"is": "namespace"}), json!("a.b")),
        (json!({"is": "selector"}), json!("app=a")),
        (json!({"is": "labels"}), json!([])),
    ];
    for (draft, value) in cases {
        let refused = translated(draft.clone(), value.clone()).expect_err("is refused").to_string();
        assert!(refused.starts_with("spec.x must be "), "{draft} {value}: {refused}");
    }
    let deep = rules(json!([{"path": "spec.x[*].name", "is": "name", "of": "Secret"}]));
    let refused = deep.host(Kind::ConfigMap, &object(json!({"x": {"name": "db"}})), &ownership());
    assert_eq!(refused, Err(Refused::Misfit { path: "spec.x[*].name".to_owned(), expected: "a list" }));
}

#[test]
fn a_copy_has_our_metadata_and_nothing_of_the_tenants_standing() {
    let tenant = json!({
        "apiVersion": "x/v9", "kind": "Other", "status": {"ready": true}, "data": {"k": "v"},
        "metadata": {
            "name": "w", "namespace": "shop", "uid": "u", "resourceVersion": "7", "generation": 3,
            "finalizers": ["a/b"], "ownerReferences": [{"uid": "x"}],
            "labels": {(marks::VCLUSTER): "other"}, "annotations": {"a.b/secret": "db", "keep": "it"},
        },
    });
    let rules =
        rules(json!([{"path": "metadata.annotations[\"a.b/secret\"]", "is": "name", "of": "Secret"}]));
    let copy = rules.host(Kind::ConfigMap, &tenant, &ownership()).expect("a copy");
    let metadata = &copy["metadata"];
    assert_eq!((&copy["apiVersion"], &copy["kind"]), (&json!("v1"), &json!("ConfigMap")));
    assert_eq!((copy.get("status"), &copy["data"]["k"]), (None, &json!("v")));
    assert_eq!((&metadata["name"], &metadata["namespace"]), (&json!("w-x-shop-x-vc"), &json!("host-ns")));
    assert_eq!(metadata["labels"][marks::VCLUSTER], "vc");
    assert_eq!(metadata["annotations"]["a.b/secret"], "db-x-shop-x-vc");
    assert_eq!(metadata["annotations"]["keep"], "it");
    assert_eq!(metadata["ownerReferences"], json!([{"uid": "plane"}]));
    for field in ["finalizers", "resourceVersion", "generation", "uid"] {
        assert_eq!(metadata.get(field), None, "{field}");
    }
}

#[test]
fn what_is_named_is_listed_once_even_beside_a_mistake() {
    let rules = rules(json!([
        {"path": "spec.names[*]", "is": "name", "of": "Secret"},
        {"path": "spec.map", "is": "reference", "of": "ConfigMap"},
    ]));
    let tenant =
        object(json!({"names": ["a", "b", "a", "not/one"], "map": {"namespace": "other", "name": "m"}}));
    let id = |namespace: &str, name: &str| Id::new(namespace, name);
    assert_eq!(
        rules.named(&tenant, &names()),
        [
            (Kind::Secret, id("shop", "a")),
            (Kind::Secret, id("shop", "b")),
            (Kind::ConfigMap, id("other", "m"))
        ]
    );
}

/// The tenant's status for a host's, with two Secrets known.
fn up(drafts: Value, status: Value) -> Value {
    let names = names();
    let known = [Id::new("shop", "db"), Id::new("other", "key")];
    let origin = |target: &Target, host: &str| {
        target
            .is("", "Secret")
            .then(|| known.iter().find(|id| names.host(&id.namespace, &id.name) == host).cloned())?
    };
    let id = Id::new("shop", "w");
    let host_name = names.host("shop", "w");
    let view = View { host_name: &host_name, host_namespace: "host-ns", id: &id, origin: &origin };
    rules(drafts).up(&status, &view)
}

#[test]
fn a_status_comes_up_with_the_tenants_names() {
    let cases = [
        (name(), json!("db-x-shop-x-vc"), json!("db")),
        (name(), json!("made-on-the-host"), json!("made-on-the-host")),
        (name(), json!(3), json!(3)),
        (json!({"is": "namespace"}), json!("host-ns"), json!("shop")),
        (json!({"is": "namespace"}), json!("elsewhere"), json!("elsewhere")),
        (
            reference(),
            json!({"namespace": "host-ns", "name": "key-x-other-x-vc"}),
            json!({"namespace": "other", "name": "key"}),
        ),
        (
            reference(),
            json!({"namespace": "host-ns", "name": "unknown"}),
            json!({"namespace": "shop", "name": "unknown"}),
        ),
        (reference(), json!("host-ns/key-x-other-x-vc"), json!("other/key")),
        (reference(), json!("db-x-shop-x-vc"), json!("db")),
        (json!({"is": "dropped"}), json!("host's own"), json!(null)),
    ];
    for (mut draft, value, expected) in cases {
        draft["path"] = json!("status.x");
        assert_eq!(up(json!([draft]), json!({ "x": value }))["x"], expected, "{draft} {value}");
    }
}

#[test]
fn messages_name_the_tenants_object_and_other_texts_stay() {
    let host =
        json!({"url": "https://w-x-shop-x-vc.cloud", "conditions": [{"message": "w-x-shop-x-vc is ready"}]});
    let tenant = json!({"url": "https://w-x-shop-x-vc.cloud", "conditions": [{"message": "w is ready"}]});
    assert_eq!(up(json!([]), host), tenant);
}

#[test]
fn generations_are_told_in_the_tenants_count_and_compare_equal() {
    let status =
        |count: i64| json!({"observedGeneration": count, "conditions": [{"observedGeneration": count}]});
    let object =
        |generation: i64, status: Value| json!({"metadata": {"generation": generation}, "status": status});
    for (observed, in_tenant) in [(7, 3), (6, 2), (0, 2)] {
        let host = object(7, status(observed));
        let raised = raise(&object(3, Value::Null), &host)["status"].take();
        assert_eq!(raised, status(in_tenant), "{observed}");
        assert_eq!(standing(&object(3, raised)), standing(&host), "{observed}");
    }
    assert_ne!(standing(&object(7, status(6))), standing(&object(7, status(7))));
}

#[test]
fn what_the_host_has_taken_out_of_a_status_goes_in_the_tenant_too() {
    let tenant = json!({"metadata": {"uid": "u"}, "status": {"a": 1, "old": 2, "in": {"b": 1, "old": 2}, "list": [1, 2]}});
    let host = json!({"status": {"a": 1, "in": {"b": 1}, "list": [1], "new": {"c": 3}}});
    let status = json!({"old": null, "in": {"old": null}, "list": [1], "new": {"c": 3}});
    assert_eq!(raise(&tenant, &host), json!({"metadata": {"uid": "u"}, "status": status}));
    assert_eq!(raise(&tenant, &json!({}))["status"], Value::Null);
}

/// JSON over few names, so that rules meet it.
fn json_tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i8>().prop_map(|n| json!(n)),
        Just(json!("../kube-system/admin")),
        "[a-c/.]{0,5}".prop_map(|text| json!(text)),
        "[a-c]{1,3}".prop_map(|text| json!(text)),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map("[ab]|name|namespace|matchExpressions", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn draft() -> impl Strategy<Value = Value> {
    let step = prop_oneof![Just("[*]"), Just(".*"), Just(".a"), Just(".b")];
    let meaning = prop_oneof![
        Just(name()),
        Just(reference()),
        Just(json!({"is": "namespace"})),
        Just(json!({"is": "selector"})),
        Just(json!({"is": "labels"})),
        Just(json!({"is": "dropped"})),
        Just(json!({"is": "fixed", "value": "f"})),
    ];
    (prop::sample::select(vec!["spec", "data", "status"]), prop::collection::vec(step, 0..3), meaning)
        .prop_map(|(root, steps, mut draft)| {
            draft["path"] = json!(format!("{root}{}", steps.concat()));
            draft
        })
}

/// Rules that can be followed; few lists of random ones can.
fn some_rules() -> impl Strategy<Value = (Vec<Value>, Rules)> {
    prop::collection::vec(draft(), 1..4).prop_map(|drafts| {
        let mut kept: Vec<Value> = Vec::new();
        let mut made = Rules::default();
        for draft in drafts {
            kept.push(draft);
            let all: Vec<Draft> =
                kept.iter().map(|d| serde_json::from_value(d.clone()).expect("a draft")).collect();
            match Rules::compile(&all, |_| true) {
                Ok(rules) => made = rules,
                Err(_) => drop(kept.pop()),
            }
        }
        (kept, made)
    })
}

/// Every value at a path, whatever else is there.
fn at(tree: &Value, path: &str) -> Vec<Value> {
    let path: Path = path.parse().expect("a path");
    let mut found = Vec::new();
    let _ = walk::visit(&mut tree.clone(), path.steps(), &mut |value| {
        found.extend(value.map(|value| value.clone()));
        Ok(())
    });
    found
}

/// Whether a text is a host name of something in this virtual cluster, or names nothing.
fn is_ours(value: &Value) -> bool {
    let Some(text) = value.as_str() else { return value.is_null() };
    let is_hashed = || text.rsplit_once('-').is_some_and(|(_, hash)| hash.len() == 16);
    text.is_empty() || (!text.contains(['/', '.']) && (text.ends_with("-x-vc") || is_hashed()))
}

fn stays_inside(draft: &Value, value: &Value) -> bool {
    let is_host = |value: &Value| value.is_null() || value == "" || value == "host-ns";
    match draft["is"].as_str().expect("a meaning") {
        "name" => is_ours(value),
        "namespace" => is_host(value),
        "reference" => match value {
            Value::String(text) => {
                let (namespace, name) = text.split_once('/').unwrap_or(("", text));
                is_host(&json!(namespace)) && is_ours(&json!(name))
            }
            other => is_host(&other["namespace"]) && is_ours(&other["name"]),
        },
        "selector" => {
            let expressions = value["matchExpressions"].as_array();
            let has = |key: &str, only: &str| {
                expressions
                    .is_some_and(|all| all.contains(&json!({"key": key, "operator": "In", "values": [only]})))
            };
            value.is_null() || (has(marks::VCLUSTER, "vc") && has(marks::NAMESPACE, "shop"))
        }
        "labels" => value.is_null() || (value[marks::VCLUSTER] == "vc" && value[marks::NAMESPACE] == "shop"),
        "fixed" => value == "f",
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn whatever_is_named_lies_in_the_tenants_own_host_namespace(
        (drafts, rules) in some_rules(), spec in json_tree(), data in json_tree(), metadata in json_tree(),
    ) {
        let mut tenant = json!({"spec": spec, "data": data, "metadata": metadata});
        if let Some(metadata) = tenant["metadata"].as_object_mut() {
            metadata.extend([("name".to_owned(), json!("w")), ("namespace".to_owned(), json!("shop"))]);
        } else {
            tenant = object(spec);
        }
        let Ok(copy) = rules.host(Kind::ConfigMap, &tenant, &ownership()) else { return Ok(()) };
        for draft in &drafts {
            let path = draft["path"].as_str().expect("a path");
            for value in at(&copy, path) {
                prop_assert!(stays_inside(draft, &value), "{draft}: {value} in {copy}");
            }
        }
        prop_assert_eq!(&copy["metadata"]["name"], "w-x-shop-x-vc");
        prop_assert_eq!(&copy["metadata"]["namespace"], "host-ns");
        prop_assert_eq!(&copy["metadata"]["labels"][marks::VCLUSTER], "vc");
    }

    #[test]
    fn arbitrary_json_is_carried_or_refused((_, rules) in some_rules(), tree in json_tree()) {
        let _ = rules.host(Kind::ConfigMap, &tree, &ownership());
        let _ = rules.named(&tree, &names());
        let id = Id::new("shop", "w");
        let origin = |_: &Target, name: &str| Some(Id::new("shop", name));
        let up = rules.up(&tree, &View { host_name: "a", host_namespace: "host-ns", id: &id, origin: &origin });
        let host = json!({"metadata": {"generation": 2}, "status": up});
        let _ = (raise(&tree, &host), standing(&host), standing(&tree));
    }

    #[test]
    fn a_name_that_went_down_comes_up_as_itself(namespace in "[a-z]{1,8}|x", name in "[a-z]{1,8}(\\.[a-z]{1,3})?") {
        let rules = rules(json!([
            {"path": "spec.r", "is": "reference", "of": "Secret"},
            {"path": "status.r", "is": "reference", "of": "Secret"},
        ]));
        let reference = json!({"namespace": namespace, "name": name});
        let copy = rules.host(Kind::ConfigMap, &object(json!({"r": reference})), &ownership()).expect("a copy");
        let target = Id::new(&namespace, &name);
        let origin = |_: &Target, host: &str| (names().host(&target.namespace, &target.name) == host).then(|| target.clone());
        let id = Id::new("shop", "w");
        let view = View { host_name: "w-x-shop-x-vc", host_namespace: "host-ns", id: &id, origin: &origin };
        prop_assert_eq!(&rules.up(&copy["spec"], &view)["r"], &reference);
    }
}
