use serde_json::json;

use super::*;
use crate::translate::content;

fn index() -> Index {
    Index::new(Names::new("vc", "host-ns"), "10.0.0.9").counting_generations(true)
}

fn pod(name: &str, uid: &str, version: u64, spec: Value) -> Object {
    json!({
        "metadata": {"name": name, "namespace": "ns", "uid": uid, "resourceVersion": version.to_string()},
        "spec": spec,
    })
    .into()
}

fn host_pod(name: &str, tenant_uid: &str, version: u64) -> Object {
    json!({
        "metadata": {
            "name": Names::new("vc", "host-ns").host("ns", name), "namespace": "host-ns", "uid": format!("h-{name}"),
            "resourceVersion": version.to_string(),
            "labels": {(marks::VCLUSTER): "vc", (marks::NAMESPACE): "ns"},
            "annotations": {(marks::NAME): name, (marks::UID): tenant_uid},
        },
        "spec": {"nodeName": "n1"},
    })
    .into()
}

fn config_map(name: &str) -> Object {
    json!({"metadata": {"name": name, "namespace": "ns", "uid": "c", "resourceVersion": "1"}, "data": {"a": "b"}}).into()
}

fn key(kind: Kind, name: &str) -> Key {
    Key::new(kind, Id::new("ns", name))
}

fn with_config_map(name: &str) -> Value {
    json!({"volumes": [{"name": "v", "configMap": {"name": name}}]})
}

#[test]
fn a_config_map_is_looked_at_again_when_the_first_pod_names_it_and_when_the_last_is_gone() {
    let mut index = index();
    index.seen(Side::Tenant, Kind::ConfigMap, &config_map("c"));
    let a = pod("a", "u1", 2, with_config_map("c"));
    assert_eq!(index.seen(Side::Tenant, Kind::Pod, &a), [key(Kind::ConfigMap, "c"), key(Kind::Pod, "a")]);
    assert!(index.is_wanted(&key(Kind::ConfigMap, "c")));
    assert_eq!(index.gone(Side::Tenant, Kind::Pod, &a), [key(Kind::ConfigMap, "c"), key(Kind::Pod, "a")]);
    assert!(!index.is_wanted(&key(Kind::ConfigMap, "c")));
}

#[test]
fn a_pod_that_was_made_or_removed_while_nobody_looked_is_told_from_those_that_both_sides_have() {
    let mut index = index();
    for name in ["both", "made"] {
        index.seen(Side::Tenant, Kind::Pod, &pod(name, "u1", 2, json!({})));
    }
    for name in ["both", "removed"] {
        index.seen(Side::Host, Kind::Pod, &host_pod(name, "u1", 3));
    }
    let mut one_sided = index.one_sided();
    one_sided.sort();
    assert_eq!(one_sided, [key(Kind::Pod, "made"), key(Kind::Pod, "removed")]);
}

/// A change of a pod, and the generation that it then has.
type Edit = (u64, fn(&mut Value));

/// A pod's life as its API server shows it, each change with the version and generation that it gives it.
fn life() -> Vec<Object> {
    let mut pod = json!({
        "metadata": {"name": "a", "namespace": "ns", "uid": "u1"}, "spec": with_config_map("c"), "status": {"phase": "Pending"},
    });
    pod["spec"]["containers"] = json!([{"name": "c", "image": "i:1"}]);
    let edits: [Edit; 10] = [
        (1, |_| ()),
        (1, |pod| pod["spec"]["nodeName"] = json!("n1")),
        (1, |pod| pod["status"]["conditions"] = json!([{"type": "PodScheduled", "status": "True"}])),
        (1, |pod| pod["status"]["podIP"] = json!("10.0.0.1")),
        (1, |pod| pod["metadata"]["labels"] = json!({"app": "web"})),
        (1, |pod| pod["metadata"]["annotations"] = json!({"app": "web"})),
        (1, |pod| pod["metadata"]["finalizers"] = json!(["example.com/held"])),
        (1, |pod| pod["metadata"]["ownerReferences"] = json!([{"kind": "DaemonSet", "controller": true}])),
        (2, |pod| pod["spec"]["containers"][0]["image"] = json!("i:2")),
        (2, |pod| pod["status"]["phase"] = json!("Succeeded")),
    ];
    let changed = |(version, (generation, edit)): (usize, Edit)| {
        edit(&mut pod);
        pod["metadata"]["generation"] = json!(generation);
        pod["metadata"]["resourceVersion"] = json!((version + 1).to_string());
        pod.clone().into()
    };
    edits.into_iter().enumerate().map(changed).collect()
}

#[test]
fn a_pod_of_which_only_the_rest_is_read_again_is_known_as_if_it_were_read_whole() {
    let mut index = index();
    let id = Id::new("ns", "a");
    let known =
        |index: &Index| index.pods.get(&id).and_then(|pair| pair.tenant.clone()).expect("known").detail;
    for pod in life() {
        assert!(index.seen(Side::Tenant, Kind::Pod, &pod).contains(&key(Kind::Pod, "a")));
        let mut fresh = self::index();
        fresh.seen(Side::Tenant, Kind::Pod, &pod);
        assert_eq!(known(&index), known(&fresh), "version {}", pod.version());
        assert!(index.is_wanted(&key(Kind::ConfigMap, "c")));
    }
}

#[test]
fn a_pod_is_read_whole_again_when_its_generation_labels_or_annotations_are_others() {
    let mut words = words::Words::default();
    let mut is_again = |before: &Object, now: &Object| {
        let ownership = Ownership { names: Names::new("vc", "host-ns"), owner: None };
        let (known, _) = TenantPod::of(before, digest::Form::of(before), &ownership, &mut words);
        known.again(now, digest::Form::of(now), &mut words).is_some()
    };
    let again: Vec<bool> = life().windows(2).map(|pods| is_again(&pods[0], &pods[1])).collect();
    assert_eq!(again, [true, true, true, false, false, true, true, false, true]);
    let uncounted = pod("a", "u1", 2, json!({}));
    assert!(!is_again(&uncounted, &uncounted));
}

#[test]
fn where_nobody_counts_generations_a_pod_is_read_whole_whatever_its_maker_said() {
    let made = json!({
        "metadata": {"name": "a", "namespace": "ns", "uid": "u1", "resourceVersion": "1", "generation": 1},
        "spec": {"containers": [{"name": "c", "image": "i:1"}]},
    });
    let mut changed = made.clone();
    changed["metadata"]["resourceVersion"] = json!("2");
    changed["spec"]["containers"][0]["image"] = json!("i:2");
    for counts in [true, false] {
        let mut index = index().counting_generations(counts);
        let mut wanted = |pod: &Value| {
            index.seen(Side::Tenant, Kind::Pod, &pod.clone().into());
            let known = index.pods.get(&Id::new("ns", "a")).and_then(|pair| pair.tenant.as_ref());
            known.expect("known").detail.wanted
        };
        assert_eq!(wanted(&made) == wanted(&changed), counts);
    }
}

#[test]
fn what_is_known_of_pods_shares_their_texts() {
    let mut index = index();
    for name in ["a", "b"] {
        index.seen(Side::Tenant, Kind::Pod, &pod(name, "u1", 2, with_config_map("c")));
        index.seen(Side::Host, Kind::Pod, &host_pod(name, "u1", 3));
    }
    let held = |name: &str| index.pods.id(&Id::new("ns", name)).expect("held").clone();
    let [a, b] = [held("a"), held("b")];
    assert!(Arc::ptr_eq(&a.namespace, &b.namespace));
    let copy = index.copy("h-a").expect("a copy");
    assert!(Arc::ptr_eq(&copy.key.id.name, &a.name));
    let names = [a, b].map(|id| index.references.of(&Key::new(Kind::Pod, id))[0].id.name.clone());
    assert!(Arc::ptr_eq(&names[0], &names[1]));
    let nodes = ["a", "b"].map(|name| {
        let pair = index.pods.get(&Id::new("ns", name)).expect("held");
        pair.host.as_ref().and_then(|host| host.detail.node.clone()).expect("a node")
    });
    assert!(Arc::ptr_eq(&nodes[0], &nodes[1]));
}

#[test]
fn a_name_stays_used_until_the_host_pod_is_gone_too() {
    let mut index = index();
    let tenant = pod("a", "u1", 2, with_config_map("c"));
    index.seen(Side::Tenant, Kind::Pod, &tenant);
    index.seen(Side::Host, Kind::Pod, &host_pod("a", "u1", 3));
    index.gone(Side::Tenant, Kind::Pod, &tenant);
    assert!(index.is_wanted(&key(Kind::ConfigMap, "c")));
    index.gone(Side::Host, Kind::Pod, &host_pod("a", "u1", 4));
    index.lost(&key(Kind::Pod, "a"), "h-a");
    assert!(!index.is_wanted(&key(Kind::ConfigMap, "c")));
}

#[test]
fn a_pod_awaits_a_config_map_only_while_the_tenant_has_it_and_the_host_has_not() {
    let mut index = index();
    let id = Id::new("ns", "a");
    index.seen(Side::Tenant, Kind::Pod, &pod("a", "u1", 2, with_config_map("c")));
    assert!(!index.awaits_references(&id));
    index.seen(Side::Tenant, Kind::ConfigMap, &config_map("c"));
    assert!(index.awaits_references(&id));
}

#[test]
fn a_pod_awaits_its_claim_while_the_host_has_that_of_an_earlier_one() {
    let mut index = index();
    let id = Id::new("ns", "a");
    let spec = json!({"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]});
    index.seen(Side::Tenant, Kind::Pod, &pod("a", "u1", 2, spec));
    let claim = |name: &str, uid: &str, marks: Value| -> Object {
        json!({"metadata": {
            "name": name, "namespace": "ns", "uid": uid, "resourceVersion": "3", "annotations": marks["annotations"],
            "labels": marks["labels"],
        }, "spec": {}})
        .into()
    };
    index.seen(Side::Tenant, Kind::PersistentVolumeClaim, &claim("c", "c2", Value::Null));
    for (of, awaits) in [("c1", true), ("c2", false)] {
        let marks = json!({
            "labels": {(marks::VCLUSTER): "vc", (marks::NAMESPACE): "ns"},
            "annotations": {(marks::NAME): "c", (marks::UID): of},
        });
        let copy = claim(&index.names().host("ns", "c"), &format!("h-{of}"), marks);
        index.seen(Side::Host, Kind::PersistentVolumeClaim, &copy);
        assert_eq!(index.awaits_references(&id), awaits, "that of {of}");
    }
}

#[test]
fn an_older_version_says_nothing() {
    let mut index = index();
    assert!(!index.seen(Side::Tenant, Kind::Pod, &pod("a", "u1", 10, json!({}))).is_empty());
    assert!(index.seen(Side::Tenant, Kind::Pod, &pod("a", "u1", 9, json!({}))).is_empty());
    assert!(!index.seen(Side::Tenant, Kind::Pod, &pod("a", "u2", 11, json!({}))).is_empty());
}

#[test]
fn the_end_of_an_earlier_pod_of_that_name_does_not_end_the_present_one() {
    let mut index = index();
    index.seen(Side::Tenant, Kind::Pod, &pod("a", "u2", 11, json!({})));
    assert!(index.gone(Side::Tenant, Kind::Pod, &pod("a", "u1", 12, json!({}))).is_empty());
    assert!(index.pods.get(&Id::new("ns", "a")).is_some());
}

#[test]
fn what_a_list_does_not_show_has_vanished() {
    let mut index = index();
    for name in ["a", "b"] {
        index.seen(Side::Host, Kind::Pod, &host_pod(name, "u", 5));
    }
    index.listing(Side::Host, Kind::Pod);
    index.seen(Side::Host, Kind::Pod, &host_pod("a", "u", 5));
    index.seen(Side::Host, Kind::Pod, &host_pod("made-meanwhile", "u", 9));
    assert_eq!(index.listed(Side::Host, Kind::Pod, 0), [key(Kind::Pod, "b")]);
    index.lost(&key(Kind::Pod, "b"), "h-b");
    assert_eq!(index.pods.iter().count(), 2);
}

#[test]
fn a_host_object_under_another_name_is_not_ours_whatever_its_labels_say() {
    let mut index = index();
    let mut copy = host_pod("a", "u", 5).tree();
    copy["metadata"]["name"] = json!("copy-of-a");
    assert!(index.seen(Side::Host, Kind::Pod, &copy.into()).is_empty());
}

fn service(selector: Value, version: u64) -> Object {
    json!({
        "metadata": {"name": "db", "namespace": "ns", "uid": "s", "resourceVersion": version.to_string()},
        "spec": {"selector": selector},
    })
    .into()
}

fn endpoints(namespace: &str, name: &str) -> Object {
    json!({"metadata": {"name": name, "namespace": namespace, "uid": "e", "resourceVersion": "1"}, "subsets": []}).into()
}

fn slice() -> Object {
    let labels = json!({"kubernetes.io/service-name": "db"});
    json!({
        "metadata": {"name": "db-1", "namespace": "ns", "uid": "e", "resourceVersion": "1", "labels": labels},
    })
    .into()
}

#[test]
fn endpoints_are_wanted_while_their_service_is_there_without_a_selector() {
    let mut index = index();
    let both = [key(Kind::Endpoints, "db"), key(Kind::EndpointSlice, "db-1")];
    index.seen(Side::Tenant, Kind::Endpoints, &endpoints("ns", "db"));
    index.seen(Side::Tenant, Kind::EndpointSlice, &slice());
    let are_wanted = |index: &Index| both.each_ref().map(|key| index.is_wanted(key));
    assert_eq!(are_wanted(&index), [false, false]);
    let again = |changed: Vec<Key>| both.iter().all(|key| changed.contains(key));
    assert!(again(index.seen(Side::Tenant, Kind::Service, &service(Value::Null, 1))));
    assert_eq!(are_wanted(&index), [true, true]);
    assert!(again(index.seen(Side::Tenant, Kind::Service, &service(json!({"app": "db"}), 2))));
    assert_eq!(are_wanted(&index), [false, false]);
    index.seen(Side::Tenant, Kind::Service, &service(Value::Null, 3));
    assert!(again(index.gone(Side::Tenant, Kind::Service, &service(Value::Null, 4))));
    assert_eq!(are_wanted(&index), [false, false]);
}

#[test]
fn the_endpoints_of_the_tenants_own_api_stay_in_the_tenant() {
    let mut index = index();
    let id = Id::new("default", "kubernetes");
    let mut api = service(Value::Null, 1).tree();
    (api["metadata"]["namespace"], api["metadata"]["name"]) = (json!("default"), json!("kubernetes"));
    index.seen(Side::Tenant, Kind::Service, &api.into());
    index.seen(Side::Tenant, Kind::Endpoints, &endpoints("default", "kubernetes"));
    assert!(!index.is_wanted(&Key::new(Kind::Endpoints, id)));
}

#[test]
fn a_copy_counts_as_the_tenants_until_someone_changes_it() {
    let mut index = index();
    let id = Id::new("ns", "c");
    let tenant = config_map("c");
    index.seen(Side::Tenant, Kind::ConfigMap, &tenant);
    let body = content::host_in_test(Kind::ConfigMap, &tenant.tree()).expect("is carried");
    let stored = |version: &str, change: &str| -> Object {
        let mut stored = body.clone();
        (stored["metadata"]["uid"], stored["metadata"]["resourceVersion"]) = (json!("h"), json!(version));
        stored["data"]["a"] = json!(change);
        stored.into()
    };
    let is_right = |index: &Index| {
        let pair = index.contents(Kind::ConfigMap).get(&id).expect("a pair");
        pair.tenant.as_ref().map(|tenant| tenant.detail.translated)
            == pair.host.as_ref().map(|host| Translated::To(host.detail.copied.content))
    };
    index.seen(Side::Host, Kind::ConfigMap, &stored("2", "b"));
    assert!(is_right(&index));
    index.seen(Side::Host, Kind::ConfigMap, &stored("3", "edited"));
    assert!(!is_right(&index));
    let (answer, asked) = (stored("4", "as the host would have it"), index.asking());
    index.wrote(Kind::ConfigMap, &body, (&answer, asked), Instant::now());
    assert!(is_right(&index));
}

fn running(name: &str, uid: &str, version: u64) -> Object {
    let mut pod = pod(name, uid, version, json!({"nodeName": "n1"})).tree();
    pod["status"] = json!({"phase": "Running", "startTime": "2026-01-01T00:00:00Z"});
    pod.into()
}

#[test]
fn a_pod_is_forced_away_if_it_goes_while_its_host_pod_runs() {
    let id = Id::new("ns", "a");
    let after = |tenant: Object, host: Option<i64>| {
        let mut index = index();
        index.seen(Side::Tenant, Kind::Pod, &tenant);
        let mut copy = host_pod("a", "u1", 3).tree();
        if let Some(grace) = host {
            copy["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
            copy["metadata"]["deletionGracePeriodSeconds"] = json!(grace);
        }
        index.seen(Side::Host, Kind::Pod, &copy.into());
        index.gone(Side::Tenant, Kind::Pod, &tenant);
        index.is_forced(&id)
    };
    assert!(after(running("a", "u1", 2), None));
    assert!(after(running("a", "u1", 2), Some(30)));
    assert!(!after(running("a", "u1", 2), Some(0)), "it is being forced away already");
    assert!(!after(pod("a", "u1", 2, json!({})), None), "an unbound pod goes at once when it is deleted");
}

#[test]
fn pods_of_a_daemon_set_do_not_keep_a_node() {
    let mut index = index();
    let mut daemon = running("a", "u1", 2).tree();
    daemon["metadata"]["ownerReferences"] = json!([{"kind": "DaemonSet", "name": "d", "controller": true}]);
    index.seen(Side::Tenant, Kind::Pod, &daemon.into());
    index.seen(Side::Host, Kind::Pod, &host_pod("a", "u1", 3));
    assert!(index.nodes().is_empty());
    index.seen(Side::Tenant, Kind::Pod, &running("b", "u2", 4));
    assert_eq!(index.nodes(), ["n1"].into());
}
