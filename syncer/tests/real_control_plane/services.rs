//! Services: one address on both sides.

use k8s_openapi::api::core::v1::Service;
use kube::api::DeleteParams;
use serde_json::json;

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
