use std::{sync::Arc, time::Duration};

use futures::FutureExt;
use http::{Request, Response};
use kube::{Client, client::Body};
use serde_json::{Value, json};
use tower::BoxError;

use super::*;
use crate::{
    clock::Clock,
    flow::Gate,
    kinds::Kinds,
    metrics::Metrics,
    names::{Names, marks},
    queue::TenantId,
    run::Lead,
    sync::{After, Load, Settings, Work},
    translate::pod::Rules,
    watch::{Doors, Event},
    write::Cluster,
};

const ONE: TenantId = TenantId(1);

/// A tenant that is not open yet.
fn closed() -> Tenant {
    let work = Arc::new(Work::new(Clock::default()));
    work.add(ONE);
    let cluster = |side| {
        let nobody = tower::service_fn(|_: Request<Body>| async {
            Err::<Response<Body>, BoxError>("nobody is to be asked".into())
        });
        let way = (Client::new(nobody, "ns"), Gate::of_tenant(), Doors::open());
        Cluster::new(side, way, ONE, (Metrics::default(), Lead::alone()))
    };
    let settings = Settings {
        names: names(),
        owner: None,
        api: ("10.0.0.1".to_owned(), 443),
        ca: String::new(),
        node_address: "10.0.0.9".to_owned(),
        kubelet_port: 10250,
        version: String::new(),
        counts_generations: true,
        pods: Rules::default(),
        kinds: Kinds::default(),
    };
    Tenant::new(ONE, settings, cluster(Side::Tenant), cluster(Side::Host), work)
}

fn names() -> Names {
    Names::new("vc", "host-ns")
}

fn object(metadata: Value) -> Object {
    json!({"metadata": metadata, "spec": {"containers": [{"name": "c", "image": "i"}]}, "status": {}}).into()
}

fn tenants(name: &str) -> Object {
    object(json!({"name": name, "namespace": "ns", "uid": format!("t-{name}"), "resourceVersion": "1"}))
}

fn copy(name: &str, more: Value) -> Object {
    let mut metadata = json!({
        "name": names().host("ns", name), "namespace": "host-ns", "uid": format!("h-{name}"), "resourceVersion": "2",
        "labels": marks::labels(&names(), "ns"),
        "annotations": {(marks::NAME): name, (marks::UID): format!("t-{name}")},
    });
    if let (Some(metadata), Value::Object(more)) = (metadata.as_object_mut(), more) {
        metadata.extend(more);
    }
    object(metadata)
}

fn ended(name: &str) -> Object {
    let ends = json!({
        "resourceVersion": "3", "deletionTimestamp": "2026-01-01T00:00:00Z", "deletionGracePeriodSeconds": 0,
    });
    copy(name, ends)
}

fn secret(name: &str) -> Object {
    let mut labels = json!(marks::labels(&names(), "ns"));
    labels[marks::ROLE] = json!(marks::POD_TOKEN);
    copy(name, json!({"name": names().token_secret("ns", name, &format!("t-{name}")), "labels": labels}))
}

fn pod_comes(tenant: &Tenant, name: &str) {
    tenant.watched(Side::Tenant, Kind::Pod, Event::Apply(tenants(name)));
    tenant.watched(Side::Host, Kind::Pod, Event::Apply(copy(name, json!({}))));
}

fn pod_goes(tenant: &Tenant, name: &str) {
    tenant.watched(Side::Tenant, Kind::Pod, Event::Delete(tenants(name)));
    tenant.watched(Side::Host, Kind::Pod, Event::Delete(ended(name)));
}

fn take(tenant: &Tenant) -> Option<(Key, Hand)> {
    let (_, key, hand) = tenant.work.next().now_or_never()?;
    tenant.work.done(ONE, &key, After::Nothing);
    Some((key, hand))
}

fn has_text(hand: &Hand, name: &str) -> bool {
    hand.host().is_some() || hand.at(Side::Tenant, &format!("t-{name}"), 1).is_some()
}

#[tokio::test]
async fn pods_that_come_and_go_before_a_tenant_is_opened_leave_nothing_in_the_queue() {
    for stands_by in [false, true] {
        let tenant = closed();
        tenant.stand_by(stands_by);
        for name in (0..10_000).map(|number| format!("p-{number}")) {
            pod_comes(&tenant, &name);
            pod_goes(&tenant, &name);
        }
        assert_eq!(tenant.load(), Load::default());
        tenant.work.open(ONE);
        assert!(take(&tenant).is_none());
    }
}

#[tokio::test]
async fn while_another_replica_leads_no_text_is_kept_and_then_a_pod_that_one_side_has_goes_first() {
    let tenant = closed();
    tenant.stand_by(true);
    let asked = tenant.asking();
    tenant.learn(Side::Tenant, Kind::Pod, tenants("found"), asked);
    (0..100).for_each(|number| pod_comes(&tenant, &format!("p-{number}")));
    (0..50).for_each(|number| pod_goes(&tenant, &format!("p-{number}")));
    tenant.watched(Side::Host, Kind::Pod, Event::Apply(copy("found", json!({}))));
    tenant.watched(Side::Tenant, Kind::Pod, Event::Apply(tenants("new")));
    tenant.clock().pass(Duration::from_secs(3600));
    let waits = Load { waiting: 52, ..Load::default() };
    assert_eq!(tenant.load(), waits, "and nothing is late");

    tenant.stand_by(false);
    tenant.put_ahead(&[Key::new(Kind::Pod, Id::new("ns", "p-0"))]);
    assert!(take(&tenant).is_none(), "it is gone");
    tenant.put_forward(Vec::new());
    tenant.work.open(ONE);
    let taken: Vec<(Key, Hand)> = std::iter::from_fn(|| take(&tenant)).collect();
    assert_eq!((taken.len(), &*taken[0].0.id.name), (52, "new"));
    assert!(!taken.iter().any(|(key, hand)| has_text(hand, &key.id.name)));
}

#[tokio::test]
async fn before_a_tenant_is_opened_only_what_was_asked_for_is_kept_with_its_text() {
    let tenant = closed();
    let asked = tenant.asking();
    tenant.learn(Side::Tenant, Kind::Pod, tenants("found"), asked);
    tenant.watched(Side::Tenant, Kind::Pod, Event::Apply(tenants("shown")));
    tenant.work.open(ONE);
    tenant.watched(Side::Tenant, Kind::Pod, Event::Apply(tenants("shown-then")));
    let texts: Vec<bool> =
        std::iter::from_fn(|| take(&tenant)).map(|(key, hand)| has_text(&hand, &key.id.name)).collect();
    assert_eq!(texts, [true, false, true]);
}

#[tokio::test]
async fn what_the_host_says_last_of_a_pod_is_kept_until_the_tenant_has_it_no_more() {
    for stands_by in [false, true] {
        let tenant = closed();
        tenant.stand_by(stands_by);
        ["p", "q"].into_iter().for_each(|name| pod_comes(&tenant, name));
        tenant.watched(Side::Host, Kind::Pod, Event::Delete(ended("p")));
        pod_goes(&tenant, "q");
        assert_eq!(tenant.load().waiting, 1);
        tenant.stand_by(false);
        tenant.work.open(ONE);
        let (key, hand) = take(&tenant).expect("the pod that is there");
        assert_eq!((&*key.id.name, hand.host().map(Object::version)), ("p", Some(3)));
    }
}

#[tokio::test]
async fn a_pod_that_neither_side_has_is_looked_at_while_its_tokens_are_there() {
    let tenant = closed();
    pod_comes(&tenant, "p");
    tenant.watched(Side::Host, Kind::PodToken, Event::Apply(secret("p")));
    pod_goes(&tenant, "p");
    assert_eq!(tenant.load().waiting, 1);
    tenant.watched(Side::Host, Kind::PodToken, Event::Delete(secret("p")));
    assert_eq!(tenant.load().waiting, 0);
}

#[tokio::test]
async fn a_copy_that_whoever_leads_deletes_is_gone_and_one_that_goes_while_nobody_does_is_asked_for() {
    let kind = Kind::ConfigMap;
    for is_host_first in [false, true] {
        for stands_by in [false, true] {
            let tenant = closed();
            tenant.stand_by(stands_by);
            tenant.watched(Side::Tenant, kind, Event::Apply(tenants("c")));
            tenant.watched(Side::Host, kind, Event::Apply(copy("c", json!({}))));
            let mut ends =
                [(Side::Tenant, tenants("c")), (Side::Host, copy("c", json!({"resourceVersion": "3"})))];
            if is_host_first {
                ends.reverse();
            }
            for (side, object) in ends {
                tenant.watched(side, kind, Event::Delete(object));
            }
            let key = Key::new(kind, Id::new("ns", "c"));
            let is_doubted = tenant.index(|index| index.is_doubted(&key));
            assert_eq!((tenant.load().waiting, is_doubted), (usize::from(!stands_by), !stands_by));
            assert_eq!(tenant.index(|index| index.is_gone(&key)), stands_by);
        }
    }
}

#[tokio::test]
async fn a_copy_that_is_shown_again_while_another_replica_leads_is_there() {
    let tenant = closed();
    tenant.stand_by(true);
    pod_comes(&tenant, "p");
    tenant.watched(Side::Host, Kind::Pod, Event::Delete(copy("p", json!({"resourceVersion": "3"}))));
    tenant.watched(Side::Host, Kind::Pod, Event::Apply(copy("p", json!({"resourceVersion": "4"}))));
    tenant.watched(Side::Tenant, Kind::Pod, Event::Delete(tenants("p")));
    let key = Key::new(Kind::Pod, Id::new("ns", "p"));
    assert!(!tenant.index(|index| index.is_gone(&key) || index.is_doubted(&key)));
    assert_eq!(tenant.load().waiting, 1, "its copy is to be deleted");
}

#[tokio::test]
async fn events_wait_for_nobody_who_does_not_tell_of_them() {
    let tenant = closed();
    let show = || tenant.watched(Side::Host, Kind::Event, Event::Apply(copy("e", json!({}))));
    show();
    assert_eq!(tenant.load(), Load::default());
    tenant.work.open(ONE);
    show();
    assert!(take(&tenant).expect("an event").1.host().is_some());
}
