//! A syncer that was away.

use std::fmt::Debug;

use k8s_openapi::{
    NamespaceResourceScope,
    api::core::v1::{ConfigMap, Endpoints, Pod, Secret, Service},
};
use kube::{
    Api, Resource, ResourceExt,
    api::{DeleteParams, ListParams},
    runtime::conditions::is_deleted,
};
use serde::de::DeserializeOwned;
use serde_json::json;
use tenantbench_syncer::kinds::Kinds;

use crate::support::{World, create, is_ready, pod, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_removes_orphans_makes_what_is_missing_and_doubles_nothing() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let syncer = world.syncer().await;
    let (pods, host_pods) = (world.tenant_api::<Pod>("default"), world.host_api::<Pod>());
    for name in ["stays", "goes", "again"] {
        create(&pods, pod(name, None)).await;
        until("the pod to be Ready", &pods, name, is_ready).await;
    }
    let host_uid = |name: &str| {
        let (api, name) = (host_pods.clone(), world.names.host("default", name));
        async move { api.get(&name).await.expect("a host pod").metadata.uid.expect("a uid") }
    };
    let (stays, goes, again) = (host_uid("stays").await, host_uid("goes").await, host_uid("again").await);
    syncer.stop().await;

    let now = DeleteParams::default().grace_period(0);
    for name in ["goes", "again"] {
        pods.delete(name, &now).await.expect("is deleted");
    }
    create(&pods, pod("again", None)).await;
    create(&pods, pod("new", None)).await;
    let _syncer = world.syncer().await;
    for name in ["new", "again", "stays"] {
        until("the pod to be Ready after the restart", &pods, name, is_ready).await;
    }
    until("the orphan to go", &host_pods, &world.names.host("default", "goes"), is_deleted(&goes)).await;
    assert_eq!(host_uid("stays").await, stays);
    assert_ne!(host_uid("again").await, again);
    assert_eq!(host_pods.list(&ListParams::default()).await.expect("a list").items.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_writes_nothing_that_is_right_already() {
    let world = World::start().await;
    world.grant(&Kinds::default()).await;
    let _kubelet = world.host_kubelet();
    let syncer = world.syncer().await;
    let ports = json!([{"port": 80, "name": "http"}, {"port": 81, "name": "more", "targetPort": "web"}]);
    let specs = [
        ("plain", json!({"ports": ports, "selector": {"app": "web"}})),
        ("headless", json!({"clusterIP": "None", "ports": ports, "selector": {"app": "web"}})),
        ("node", json!({"type": "NodePort", "ports": ports, "sessionAffinity": "ClientIP"})),
        ("balanced", json!({"type": "LoadBalancer", "externalTrafficPolicy": "Local", "ports": ports})),
        ("elsewhere", json!({"type": "ExternalName", "externalName": "example.invalid"})),
    ];
    for (name, spec) in specs {
        create(
            &world.tenant_api::<Service>("default"),
            json!({"metadata": {"name": name, "labels": {"app": "web"}}, "spec": spec}),
        )
        .await;
    }
    let subsets = json!([{"addresses": [{"ip": "10.1.0.7"}, {"ip": "10.1.0.6"}], "ports": [{"port": 80}]}]);
    create(
        &world.tenant_api::<Endpoints>("default"),
        json!({"metadata": {"name": "node"}, "subsets": subsets}),
    )
    .await;
    create(&world.tenant_api::<ConfigMap>("default"), json!({"metadata": {"name": "m"}, "data": {"k": "1"}}))
        .await;
    let pods = world.tenant_api::<Pod>("default");
    create(&pods, pod("web", Some("m"))).await;
    until("the pod to be Ready", &pods, "web", is_ready).await;
    // Two ready runs later nothing is in flight any more.
    syncer.stop().await;
    world.syncer().await.stop().await;
    let before = versions(&world).await;
    assert_eq!(before.len(), 10, "{before:?}");
    world.syncer().await.stop().await;
    assert_eq!(versions(&world).await, before);
}

/// The versions of the host's copies and tokens, pods included.
async fn versions(world: &World) -> Vec<(String, String)> {
    let mut versions = versions_of::<Service>(world).await;
    versions.extend(versions_of::<Endpoints>(world).await);
    versions.extend(versions_of::<ConfigMap>(world).await);
    versions.extend(versions_of::<Secret>(world).await);
    versions.extend(versions_of::<Pod>(world).await);
    versions
}

async fn versions_of<K>(world: &World) -> Vec<(String, String)>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + DeserializeOwned + Debug,
{
    let ours = ListParams::default().labels("tenantbench.dev/vcluster=vc");
    let listed = world.host_api::<K>().list_metadata(&ours).await.expect("a list");
    listed
        .items
        .into_iter()
        .filter_map(|item| Some((item.metadata.name?, item.metadata.resource_version?)))
        .collect()
}

/// No garbage collector runs here, as if it had missed the pod's end.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_the_hosts_garbage_collector_has_missed_go_at_the_next_start() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let syncer = world.syncer().await;
    let pods: Api<Pod> = world.tenant_api("default");
    for name in ["gone", "stays"] {
        create(&pods, pod(name, None)).await;
        until("the pod to be Ready", &pods, name, is_ready).await;
    }
    pods.delete("gone", &DeleteParams::default()).await.expect("is deleted");
    until("the pod to be gone", &pods, "gone", |pod: Option<&Pod>| pod.is_none()).await;
    let secrets: Api<Secret> = world.host_api();
    let of_pods = ListParams::default().labels("tenantbench.dev/role=pod-token");
    let listed = secrets.list(&of_pods).await.expect("may list").items;
    let named = |pod: &str| {
        let is_it = |secret: &&Secret| {
            secret.annotations().get("tenantbench.dev/name").is_some_and(|name| name == pod)
        };
        listed.iter().find(is_it).expect("its tokens are there").name_any()
    };
    let (gone, stays) = (named("gone"), named("stays"));
    syncer.stop().await;
    let _syncer = world.syncer().await;
    until("the tokens to be gone", &secrets, &gone, |secret: Option<&Secret>| secret.is_none()).await;
    assert!(secrets.get_opt(&stays).await.expect("may read").is_some(), "those of a pod that is there stay");
}
