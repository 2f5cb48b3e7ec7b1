//! Endpoints of Services without a selector, with a Role that covers them and with the ordinary one.

use std::pin::pin;

use futures::StreamExt;
use k8s_openapi::api::{
    core::v1::{Endpoints, Pod, Service},
    discovery::v1::EndpointSlice,
};
use kube::{
    Client,
    api::{DeleteParams, ListParams, Patch, PatchParams},
    runtime::{WatchStreamExt, watcher},
};
use serde_json::{Value, json};
use tenantbench_syncer::{
    kinds::{Kinds, On, optional},
    names::marks,
    role::lack,
    run,
};

use crate::support::{HOST_NAMESPACE, World, create, is_ready, pod, soon, until};

const MANAGER: &str = "endpointslice.kubernetes.io/managed-by";
const MIRROR: &str = "endpointslicemirroring-controller.k8s.io";

fn service(name: &str, selector: Value) -> Value {
    json!({"metadata": {"name": name}, "spec": {"ports": [{"port": 5432}], "selector": selector}})
}

fn target() -> Value {
    json!({"kind": "Pod", "namespace": "default", "name": "web"})
}

/// Makes Services with and without a selector, and endpoints of both.
async fn make_endpoints(world: &World) {
    let services = world.tenant_api::<Service>("default");
    create(&services, service("db", Value::Null)).await;
    create(&services, service("own", json!({"app": "web"}))).await;
    for name in ["db", "own"] {
        let subsets = json!([{
            "addresses": [{"ip": "10.1.0.5", "targetRef": target()}], "ports": [{"port": 5432}],
        }]);
        create(
            &world.tenant_api::<Endpoints>("default"),
            json!({"metadata": {"name": name}, "subsets": subsets}),
        )
        .await;
        for (suffix, manager) in [("a", "me"), ("mirror", MIRROR)] {
            let labels = json!({
                "kubernetes.io/service-name": name, (MANAGER): manager,
            });
            let slice = json!({
                "metadata": {"name": format!("{name}-{suffix}"), "labels": labels}, "addressType": "IPv4",
                "endpoints": [{"addresses": ["10.1.0.5"], "targetRef": target()}], "ports": [{"port": 5432}],
            });
            create(&world.tenant_api::<EndpointSlice>("default"), slice).await;
        }
    }
}

/// What the host has of both kinds, by name.
async fn on_host(world: &World) -> Vec<String> {
    let all = ListParams::default();
    let endpoints = world.host_api::<Endpoints>().list(&all).await.expect("a list");
    let slices = world.host_api::<EndpointSlice>().list(&all).await.expect("a list");
    let names = endpoints.items.into_iter().map(|item| item.metadata.name);
    names.chain(slices.items.into_iter().map(|item| item.metadata.name)).flatten().collect()
}

/// The verbs that the Role lacks, as the host sees it.
async fn lacking(syncer: &Client) -> Vec<&'static str> {
    let mut lacking = Vec::new();
    for name in ["endpoints", "endpointslices"] {
        let row = optional(name).expect("an option");
        let lacks = lack(syncer, HOST_NAMESPACE, &row).await.expect("may ask");
        lacking.extend(lacks.into_iter().flat_map(|lack| lack.verbs));
    }
    lacking
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_of_a_service_without_a_selector_are_on_the_host_where_the_role_covers_them() {
    let world = World::start().await;
    world.grant(&Kinds::default()).await;
    assert_eq!(lacking(&world.syncer).await, [""; 0]);
    let _kubelet = world.host_kubelet();
    let _syncer = world.syncer().await;
    create(&world.tenant_api::<Pod>("default"), pod("web", None)).await;
    until("the pod to be Ready", &world.tenant_api::<Pod>("default"), "web", is_ready).await;
    make_endpoints(&world).await;
    let host_name = |name: &str| world.names.host("default", name);
    let (endpoints, slices) = (world.host_api::<Endpoints>(), world.host_api::<EndpointSlice>());
    let (db, db_a) = (host_name("db"), host_name("db-a"));
    until("the Endpoints", &endpoints, &db, |e: Option<&Endpoints>| e.is_some()).await;
    until("the EndpointSlice", &slices, &db_a, |s: Option<&EndpointSlice>| s.is_some()).await;

    // The address as it is, the pod by its host name, the slice with the host's Service.
    let copy = endpoints.get(&db).await.expect("Endpoints");
    let address = copy.subsets.unwrap_or_default()[0].addresses.clone().unwrap_or_default()[0].clone();
    let target = address.target_ref.expect("a target");
    assert_eq!(address.ip, "10.1.0.5");
    assert_eq!((target.namespace.as_deref(), target.name), (Some(HOST_NAMESPACE), Some(host_name("web"))));
    let labels = slices.get(&db_a).await.expect("a slice").metadata.labels.unwrap_or_default();
    assert_eq!(labels["kubernetes.io/service-name"], db);

    // A change goes down; a slice that someone deletes on the host comes back.
    let other = json!({"subsets": [{"addresses": [{"ip": "10.1.0.6"}], "ports": [{"port": 5432}]}]});
    let tenant = world.tenant_api::<Endpoints>("default");
    tenant.patch("db", &PatchParams::default(), &Patch::Merge(other)).await.expect("a change");
    let has_moved = |e: Option<&Endpoints>| {
        let addresses = e.and_then(|e| e.subsets.as_ref()?.first()?.addresses.as_ref());
        addresses.is_some_and(|addresses| addresses[0].ip == "10.1.0.6")
    };
    until("the change to reach the host", &endpoints, &db, has_moved).await;
    // The slice moves to another Service with its label.
    let tenant_slices = world.tenant_api::<EndpointSlice>("default");
    create(&world.tenant_api::<Service>("default"), service("other", Value::Null)).await;
    for (of, copy_of) in [("other", host_name("other")), ("db", db.clone())] {
        let label = json!({"metadata": {"labels": {"kubernetes.io/service-name": of}}});
        tenant_slices.patch("db-a", &PatchParams::default(), &Patch::Merge(label)).await.expect("a change");
        let has_moved = move |slice: Option<&EndpointSlice>| {
            let label = slice.and_then(|s| s.metadata.labels.as_ref()?.get("kubernetes.io/service-name"));
            label == Some(&copy_of)
        };
        until("the label to follow", &slices, &db_a, has_moved).await;
    }
    let uid = slices.get(&db_a).await.expect("a slice").metadata.uid;
    slices.delete(&db_a, &DeleteParams::default()).await.expect("is deleted");
    let is_back = move |s: Option<&EndpointSlice>| s.is_some_and(|s| s.metadata.uid != uid);
    until("the slice to come back", &slices, &db_a, is_back).await;
    let mut names = on_host(&world).await;
    names.sort();
    assert_eq!(names, [db_a.clone(), db.clone()], "no mirrored slice, none of a Service with a selector");

    // With a selector they are the host's own to make.
    let selector = json!({"spec": {"selector": {"app": "web"}}});
    let services = world.tenant_api::<Service>("default");
    services.patch("db", &PatchParams::default(), &Patch::Merge(selector)).await.expect("a change");
    until("the Endpoints to go", &endpoints, &db, |e: Option<&Endpoints>| e.is_none()).await;
    until("the slice to go", &slices, &db_a, |s: Option<&EndpointSlice>| s.is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_stay_away_from_the_host_where_the_role_lacks_them_or_they_are_turned_off() {
    let world = World::start().await;
    assert_eq!(lacking(&world.syncer).await.len(), 12);
    make_endpoints(&world).await;
    let mut off = world.options();
    off.endpoints = run::Endpoints::Off;
    let ordinary = Kinds::default().only(|row| row.on == On::Default);
    for (options, kinds) in [(world.options(), ordinary), (off, Kinds::default())] {
        world.grant(&kinds).await;
        let syncer = world.launch(options);
        syncer.ready().await;
        let host_service = world.names.host("default", "db");
        until("the Service", &world.host_api(), &host_service, |s: Option<&Service>| s.is_some()).await;
        assert_eq!(on_host(&world).await, [""; 0]);
        syncer.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hosts_controllers_mirror_a_copy_and_take_over_when_the_service_gets_a_selector() {
    let mut world = World::start().await;
    world.grant(&Kinds::default()).await;
    world.start_host_controllers();
    let _kubelet = world.host_kubelet();
    let _syncer = world.syncer().await;
    create(&world.tenant_api::<Pod>("default"), pod("web", None)).await;
    until("the pod to be Ready", &world.tenant_api::<Pod>("default"), "web", is_ready).await;
    make_endpoints(&world).await;
    let (endpoints, db) = (world.host_api::<Endpoints>(), world.names.host("default", "db"));
    until("the Endpoints", &endpoints, &db, is_copy(true)).await;
    let mirrored = world.host_api::<EndpointSlice>();
    let of_mirror =
        watcher::Config::default().labels(&format!("{MANAGER}={MIRROR},kubernetes.io/service-name={db}"));
    let mut slices = pin!(watcher(mirrored, of_mirror).applied_objects());
    let slice = soon("the host's own slice", slices.next()).await.expect("goes on").expect("a slice");
    assert_eq!(slice.endpoints.unwrap_or_default()[0].addresses, ["10.1.0.5"]);

    let selector = json!({"spec": {"selector": {"app": "web"}}});
    let services = world.tenant_api::<Service>("default");
    services.patch("db", &PatchParams::default(), &Patch::Merge(selector)).await.expect("a change");
    until("the host's own Endpoints", &endpoints, &db, is_copy(false)).await;
}

/// Whether there are Endpoints with an address that are, or are not, a copy.
fn is_copy(expected: bool) -> impl Fn(Option<&Endpoints>) -> bool {
    move |endpoints| {
        let Some(endpoints) = endpoints else { return false };
        let is_marked =
            endpoints.metadata.annotations.as_ref().is_some_and(|all| all.contains_key(marks::UID));
        let has_address = endpoints.subsets.iter().flatten().any(|subset| subset.addresses.is_some());
        has_address && is_marked == expected
    }
}
