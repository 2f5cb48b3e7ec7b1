//! Pods, from their making to their end, started from either side.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use k8s_openapi::api::{
    coordination::v1::Lease,
    core::v1::{ConfigMap, Node, Pod, Secret},
};
use kube::{
    Api,
    api::{DeleteParams, ListParams, Patch, PatchParams},
    runtime::conditions::is_deleted,
};
use serde_json::{Value, json};

use crate::support::{World, create, is_ready, pod, prepare_namespace, until};

/// The claims of a token.
fn claims(token: &[u8]) -> Value {
    let text = String::from_utf8(token.to_vec()).expect("text");
    let middle = text.split('.').nth(1).expect("a token of three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(middle).expect("base64")).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_lives_and_dies_on_both_sides() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let _syncer = world.syncer().await;
    prepare_namespace(&world.tenant, "shop").await;
    let (pods, maps) = (world.tenant_api::<Pod>("shop"), world.tenant_api::<ConfigMap>("shop"));
    let (host_pods, host_maps) = (world.host_api::<Pod>(), world.host_api::<ConfigMap>());
    for map in ["used", "unused"] {
        create(&maps, json!({"metadata": {"name": map}, "data": {"k": "1"}})).await;
    }
    create(&pods, pod("web", Some("used"))).await;

    // Ready in the tenant, on a Node that is there and alive.
    let ready = until("the pod to be Ready in the tenant", &pods, "web", is_ready).await.expect("a pod");
    assert_eq!(ready.spec.as_ref().and_then(|spec| spec.node_name.as_deref()), Some("node-1"));
    let status = ready.status.expect("a status");
    assert_eq!((status.pod_ip.as_deref(), status.host_ip.as_deref()), (Some("10.1.0.5"), Some("127.0.0.1")));
    let node = Api::<Node>::all(world.tenant.clone()).get("node-1").await.expect("a Node");
    let features = node.status.and_then(|status| status.declared_features).unwrap_or_default();
    assert_eq!(features, ["ExtendWebSocketsToKubelet"]);
    world.tenant_api::<Lease>("kube-node-lease").get("node-1").await.expect("a lease");

    // On the host: owned by the plane, without a service account, with the tenant's token for an hour.
    let host_name = world.names.host("shop", "web");
    let host_pod = host_pods.get(&host_name).await.expect("a host pod");
    let owners = host_pod.metadata.owner_references.clone().unwrap_or_default();
    assert_eq!(owners[0].name, "plane");
    let spec = host_pod.spec.as_ref().expect("a spec");
    assert_eq!(spec.automount_service_account_token, Some(false));
    let tokens = ListParams::default().labels("tenantbench.dev/role=pod-token");
    let secret = world
        .host_api::<Secret>()
        .list(&tokens)
        .await
        .expect("a list")
        .items
        .pop()
        .expect("the pod's tokens");
    assert_eq!(secret.metadata.owner_references.as_deref().map(|owners| &*owners[0].name), Some("plane"));
    let secret_name = secret.metadata.name.expect("a name");
    let data = secret.data.expect("tokens");
    assert_eq!(data["namespace"].0, b"shop");
    let token = data.iter().find(|(key, _)| key.starts_with("kube-api-access-")).expect("a token").1;
    let claims = claims(&token.0);
    assert_eq!(claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(exp, iat)| exp - iat), Some(3600));
    assert_eq!(claims["kubernetes.io"]["pod"]["uid"], json!(ready.metadata.uid));

    // What the pod names is there and follows; what nobody names is not.
    let host_map = world.names.host("shop", "used");
    assert!(host_maps.get_opt(&world.names.host("shop", "unused")).await.expect("may read").is_none());
    let change = Patch::Merge(json!({"data": {"k": "2"}}));
    maps.patch("used", &PatchParams::default(), &change).await.expect("a change");
    let has_changed =
        |map: Option<&ConfigMap>| map.and_then(|map| map.data.as_ref()?.get("k")).is_some_and(|v| v == "2");
    until("the change to reach the host", &host_maps, &host_map, has_changed).await;

    // A label goes down and away again.
    for (value, expected) in [(json!("a"), Some("a")), (Value::Null, None)] {
        let change = Patch::Merge(json!({"metadata": {"labels": {"tier": value}}}));
        pods.patch("web", &PatchParams::default(), &change).await.expect("a change");
        let follows = move |pod: Option<&Pod>| {
            let tier = pod.and_then(|pod| pod.metadata.labels.as_ref()?.get("tier")).map(String::as_str);
            tier == expected
        };
        until("the label to follow", &host_pods, &host_name, follows).await;
    }

    pods.delete("web", &DeleteParams::default()).await.expect("is deleted");
    let uid = |pod: &Pod| pod.metadata.uid.clone().unwrap_or_default();
    until("the host's pod to go", &host_pods, &host_name, is_deleted(&uid(&host_pod))).await;
    until("the tenant's pod to go", &pods, "web", |pod: Option<&Pod>| pod.is_none()).await;
    until("the ConfigMap to go", &host_maps, &host_map, |map: Option<&ConfigMap>| map.is_none()).await;
    // No garbage collector runs here.
    let secrets = world.host_api::<Secret>();
    let is_gone = |secret: Option<&Secret>| secret.is_none();
    until("its tokens to go", &secrets, &secret_name, is_gone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_the_host_evicts_goes_in_the_tenant_too() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let _syncer = world.syncer().await;
    let (pods, host_pods) = (world.tenant_api::<Pod>("default"), world.host_api::<Pod>());
    create(&pods, pod("web", None)).await;
    until("the pod to be Ready", &pods, "web", is_ready).await;
    host_pods
        .delete(&world.names.host("default", "web"), &DeleteParams::default())
        .await
        .expect("is deleted");
    until("the tenant's pod to go", &pods, "web", |pod: Option<&Pod>| pod.is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_goes_with_its_last_pod() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let _syncer = world.syncer().await;
    let pods = world.tenant_api::<Pod>("default");
    create(&pods, pod("web", None)).await;
    until("the pod to be Ready", &pods, "web", is_ready).await;
    let (nodes, leases) =
        (Api::<Node>::all(world.tenant.clone()), world.tenant_api::<Lease>("kube-node-lease"));
    assert!(nodes.get_opt("node-1").await.expect("may read").is_some());
    pods.delete("web", &DeleteParams::default()).await.expect("is deleted");
    until("the Node to go", &nodes, "node-1", |node: Option<&Node>| node.is_none()).await;
    until("its lease to go", &leases, "node-1", |lease: Option<&Lease>| lease.is_none()).await;
}
