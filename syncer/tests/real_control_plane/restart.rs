//! A syncer that was away.

use k8s_openapi::api::core::v1::Pod;
use kube::{
    api::{DeleteParams, ListParams},
    runtime::conditions::is_deleted,
};

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
