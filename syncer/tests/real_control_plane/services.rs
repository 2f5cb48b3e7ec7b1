//! Services: one address on both sides.

use k8s_openapi::api::core::v1::Service;
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::{Value, json};

use crate::support::{World, create, until};

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_have_the_same_service_address_even_where_the_tenants_is_taken() {
    let world = World::start().await;
    let _syncer = world.syncer().await;
    let (services, host_services) = (world.tenant_api::<Service>("default"), world.host_api::<Service>());
    let address = |service: Option<&Service>| service.and_then(|s| s.spec.as_ref()?.cluster_ip.clone());
    let spec = |ip: &str| json!({"clusterIP": ip, "ports": [{"port": 80}], "selector": {"app": "web"}});

    create(&services, json!({"metadata": {"name": "free"}, "spec": spec("10.96.77.1")})).await;
    let free = world.names.host("default", "free");
    until("the Service on the host", &host_services, &free, |s: Option<&Service>| s.is_some()).await;
    assert_eq!(address(host_services.get(&free).await.ok().as_ref()).as_deref(), Some("10.96.77.1"));

    create(&host_services, json!({"metadata": {"name": "squatter"}, "spec": spec("10.96.77.2")})).await;
    create(&services, json!({"metadata": {"name": "taken"}, "spec": {
        "clusterIP": "10.96.77.2", "type": "NodePort", "ports": [{"port": 80}], "selector": {"app": "web"},
    }})).await;
    let moved = |s: Option<&Service>| {
        address(s).is_some_and(|ip| ip != "10.96.77.2")
            && s.and_then(|s| s.spec.as_ref()?.type_.clone()).as_deref() == Some("NodePort")
    };
    let tenant = until("the tenant's address to change", &services, "taken", moved).await.expect("a Service");
    let host = host_services.get(&world.names.host("default", "taken")).await.expect("a Service");
    assert_eq!(address(Some(&tenant)), address(Some(&host)));
    let node_port = |s: &Service| s.spec.as_ref().and_then(|spec| spec.ports.as_ref()?.first()?.node_port);
    assert_eq!(node_port(&tenant), node_port(&host));
    let selector = host.spec.and_then(|spec| spec.selector).expect("a selector");
    assert_eq!(selector.get("tenantbench.dev/namespace").map(String::as_str), Some("default"));

    services.delete("free", &DeleteParams::default()).await.expect("is deleted");
    until("the host's Service to go", &host_services, &free, |s: Option<&Service>| s.is_none()).await;
    assert!(
        host_services.get_opt(&world.names.host("default", "kubernetes")).await.expect("may read").is_none()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_users_change_of_a_service_on_either_side_reaches_the_other_and_the_tenant_wins() {
    let world = World::start().await;
    let syncer = world.syncer().await;
    let (services, host_services) = (world.tenant_api::<Service>("default"), world.host_api::<Service>());
    let name = world.names.host("default", "web");
    let spec = json!({"ports": [{"port": 80}], "selector": {"app": "web"}});
    create(&services, json!({"metadata": {"name": "web"}, "spec": spec})).await;
    until("the Service on the host", &host_services, &name, |s: Option<&Service>| s.is_some()).await;
    let change = |api: &Api<Service>, name: &str, change: Value| {
        let (api, name) = (api.clone(), name.to_owned());
        async move { api.patch(&name, &PatchParams::default(), &Patch::Merge(change)).await.expect("a change") }
    };
    let is = |spec: Value| {
        move |service: Option<&Service>| {
            let present = json!(service)["spec"].clone();
            spec.as_object().into_iter().flatten().all(|(field, value)| present[field] == *value)
        }
    };

    let agreed = |s: Option<&Service>| {
        s.and_then(|s| s.metadata.annotations.as_ref()?.get("tenantbench.dev/agreed").cloned())
    };
    let before = agreed(host_services.get(&name).await.ok().as_ref());

    // From the host, where a controller has put a finalizer on it.
    let theirs = json!({"sessionAffinity": "ClientIP", "publishNotReadyAddresses": true});
    let finalizer = json!({"finalizers": ["host.example/clean-up"], "annotations": {"host.example/id": "7"}});
    change(&host_services, &name, json!({"spec": theirs, "metadata": finalizer})).await;
    until("the host's change", &services, "web", is(theirs)).await;
    // A change before both have agreed on the last one would be the tenant's to win.
    until("both to agree", &host_services, &name, move |s: Option<&Service>| agreed(s) != before).await;
    let before = agreed(host_services.get(&name).await.ok().as_ref());
    let grown = json!({"type": "NodePort", "externalTrafficPolicy": "Local"});
    change(&host_services, &name, json!({"spec": grown})).await;
    until("the host's type", &services, "web", is(grown)).await;
    until("both to agree", &host_services, &name, move |s: Option<&Service>| agreed(s) != before).await;

    // From the tenant; what the host's controllers keep there stays.
    let ours =
        json!({"sessionAffinity": "None", "sessionAffinityConfig": null, "publishNotReadyAddresses": null});
    change(&services, "web", json!({"spec": ours})).await;
    let expected = json!({"sessionAffinity": "None"});
    let host = until("the tenant's change", &host_services, &name, is(expected)).await.expect("a Service");
    assert_eq!(host.metadata.finalizers.as_deref(), Some(["host.example/clean-up".to_owned()].as_slice()));
    assert_eq!(host.metadata.annotations.expect("annotations")["host.example/id"], "7");
    let tenant = services.get("web").await.expect("a Service");
    assert_eq!(json!(tenant.spec)["ports"][0]["nodePort"], json!(host.spec)["ports"][0]["nodePort"]);
    assert_eq!(tenant.metadata.finalizers, None);

    // Both have changed the same while the syncer was away.
    syncer.stop().await;
    let lasts = |seconds: u32| json!({"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": seconds}}});
    change(&host_services, &name, json!({"spec": lasts(60)})).await;
    change(&services, "web", json!({"spec": lasts(70)})).await;
    let _syncer = world.syncer().await;
    until("the tenant to win", &host_services, &name, is(lasts(70))).await;
    until("the tenant to keep it", &services, "web", is(lasts(70))).await;
}
