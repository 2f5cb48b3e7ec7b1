//! Events: the host's about the tenant's pods, and the syncer's own.

use k8s_openapi::api::core::v1::{Event, Pod};
use kube::{
    Api,
    runtime::{WatchStreamExt, watcher},
};
use serde_json::json;

use crate::support::{HOST_NAMESPACE, World, create, is_ready, pod, soon, until};

/// The first event about a pod that has this reason.
async fn event_about(api: Api<Event>, pod: &str, reason: &str) -> Event {
    use futures::StreamExt;
    let events = watcher(api, watcher::Config::default()).applied_objects().filter_map(|event| {
        let event = event.ok().filter(|event| {
            event.involved_object.name.as_deref() == Some(pod) && event.reason.as_deref() == Some(reason)
        });
        async move { event }
    });
    let mut events = std::pin::pin!(events);
    soon(&format!("an event {reason} about {pod}"), events.next()).await.expect("the watch goes on")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_event_about_a_pod_comes_up_in_the_tenants_words() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let _syncer = world.syncer().await;
    let pods = world.tenant_api::<Pod>("default");
    create(&pods, pod("web", None)).await;
    let tenant = until("the pod to be Ready", &pods, "web", is_ready).await.expect("a pod");
    let host_name = world.names.host("default", "web");
    let host = world.host_api::<Pod>().get(&host_name).await.expect("a host pod");
    let event = json!({
        "metadata": {"name": "e.1"}, "reason": "Scheduled", "type": "Normal", "count": 1,
        "message": format!("Successfully assigned {HOST_NAMESPACE}/{host_name} to node-1"),
        "involvedObject": {
            "apiVersion": "v1", "kind": "Pod", "namespace": HOST_NAMESPACE, "name": host_name, "uid": host.metadata.uid,
        },
    });
    create(&world.host_api::<Event>(), event).await;
    let copy = event_about(world.tenant_api("default"), "web", "Scheduled").await;
    assert_eq!(copy.message.as_deref(), Some("Successfully assigned default/web to node-1"));
    assert_eq!(copy.involved_object.uid, tenant.metadata.uid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_cannot_be_carried_says_why() {
    let world = World::start().await;
    let _syncer = world.syncer().await;
    let mut claiming = pod("web", None);
    claiming["spec"]["resourceClaims"] = json!([{"name": "gpu", "resourceClaimName": "of-someone-else"}]);
    create(&world.tenant_api::<Pod>("default"), claiming).await;
    let event = event_about(world.tenant_api("default"), "web", "NotSynced").await;
    assert_eq!(event.message.as_deref(), Some("resourceClaims is not synced; remove it"));
    assert!(
        world
            .host_api::<Pod>()
            .get_opt(&world.names.host("default", "web"))
            .await
            .expect("may read")
            .is_none()
    );
}
