//! Events: the host's about the tenant's pods, and the syncer's own.

use k8s_openapi::api::core::v1::{ConfigMap, Event, Pod, Service};
use kube::{
    Api,
    api::{ListParams, Patch, PatchParams},
    runtime::{WatchStreamExt, watcher},
};
use serde_json::{Value, json};

use crate::support::{HOST_NAMESPACE, World, create, is_ready, pod, soon, until};

/// The first event about an object of this name that has this reason.
pub(crate) async fn event_about(api: Api<Event>, name: &str, reason: &str) -> Event {
    use futures::StreamExt;
    let events = watcher(api, watcher::Config::default()).applied_objects().filter_map(|event| {
        let event = event.ok().filter(|event| {
            event.involved_object.name.as_deref() == Some(name) && event.reason.as_deref() == Some(reason)
        });
        async move { event }
    });
    let mut events = std::pin::pin!(events);
    soon(&format!("an event {reason} about {name}"), events.next()).await.expect("the watch goes on")
}

/// What a controller of the host would record.
fn host_event(reason: &str, message: &str, kind: &str, name: &str, uid: Option<String>) -> Value {
    json!({
        "metadata": {"generateName": "e."}, "reason": reason, "type": "Normal", "count": 1, "message": message,
        "involvedObject": {
            "apiVersion": "v1", "kind": kind, "namespace": HOST_NAMESPACE, "name": name, "uid": uid,
        },
    })
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
    let message = format!("Successfully assigned {HOST_NAMESPACE}/{host_name} to node-1");
    let event = host_event("Scheduled", &message, "Pod", &host_name, host.metadata.uid);
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
    assert_eq!(event.message.as_deref(), Some("spec.resourceClaims is not synced; remove it"));
    assert!(
        world
            .host_api::<Pod>()
            .get_opt(&world.names.host("default", "web"))
            .await
            .expect("may read")
            .is_none()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn events_about_any_synced_object_come_up_and_no_others() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let _syncer = world.syncer().await;
    let ports = json!({"ports": [{"port": 80}], "selector": {"app": "web"}});
    create(&world.tenant_api::<Service>("default"), json!({"metadata": {"name": "s"}, "spec": ports})).await;
    create(
        &world.tenant_api::<ConfigMap>("default"),
        json!({"metadata": {"name": "app.cfg"}, "data": {"k": "1"}}),
    )
    .await;
    create(&world.tenant_api::<Pod>("default"), pod("web", Some("app.cfg"))).await;
    until("the pod to be Ready", &world.tenant_api::<Pod>("default"), "web", is_ready).await;
    let (service, map) = (world.names.host("default", "s"), world.names.host("default", "app.cfg"));
    let host = world.host_api::<Service>();
    until("the host's Service", &host, &service, |found: Option<&Service>| found.is_some()).await;
    let service_uid = host.get(&service).await.expect("a Service").metadata.uid;
    let map_uid = world.host_api::<ConfigMap>().get(&map).await.expect("a ConfigMap").metadata.uid;
    let plane = world.host_api::<ConfigMap>().get("plane").await.expect("the plane").metadata.uid;

    let events = world.host_api::<Event>();
    create(&events, host_event("OfThePlane", "a secret of the plane", "ConfigMap", "plane", plane)).await;
    create(&events, host_event("OfNobody", "of nobody", "Pod", "vc-0", Some("no-uid-of-ours".to_owned())))
        .await;
    let message = format!("{map} of {HOST_NAMESPACE} read by {}", world.names.host("default", "web"));
    create(&events, host_event("Read", &message, "ConfigMap", &map, map_uid)).await;
    let message = format!("Ensured load balancer for {HOST_NAMESPACE}/{service}");
    create(&events, host_event("Ensured", &message, "Service", &service, service_uid)).await;

    let ensured = event_about(world.tenant_api("default"), "s", "Ensured").await;
    assert_eq!(ensured.message.as_deref(), Some("Ensured load balancer for default/s"));
    assert_eq!(ensured.involved_object.kind.as_deref(), Some("Service"));
    let read = event_about(world.tenant_api("default"), "app.cfg", "Read").await;
    assert_eq!(read.message.as_deref(), Some("app.cfg of default read by web"));
    let all: Api<Event> = Api::all(world.tenant.clone());
    for event in all.list(&ListParams::default()).await.expect("a list") {
        let text = serde_json::to_string(&event).expect("an event");
        assert!(!text.contains(HOST_NAMESPACE) && !text.contains("-x-") && !text.contains("OfThe"), "{text}");
        assert_ne!(event.reason.as_deref(), Some("OfNobody"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_event_that_repeats_raises_the_tenants_count() {
    let world = World::start().await;
    let _syncer = world.syncer().await;
    let ports = json!({"ports": [{"port": 80}]});
    create(&world.tenant_api::<Service>("default"), json!({"metadata": {"name": "s"}, "spec": ports})).await;
    let (host, name) = (world.host_api::<Service>(), world.names.host("default", "s"));
    let made = until("the host's Service", &host, &name, |found: Option<&Service>| found.is_some()).await;
    let uid = made.and_then(|service| service.metadata.uid);
    let events = world.host_api::<Event>();
    let first = create(&events, host_event("Syncing", "again", "Service", &name, uid)).await;
    event_about(world.tenant_api("default"), "s", "Syncing").await;
    let (name, again) = (first.metadata.name.expect("a name"), json!({"count": 7}));
    events.patch(&name, &PatchParams::default(), &Patch::Merge(again)).await.expect("is patched");
    let copies = world.tenant_api::<Event>("default");
    let copy = event_about(copies.clone(), "s", "Syncing").await.metadata.name.expect("a name");
    until("the count to rise", &copies, &copy, |event: Option<&Event>| {
        event.is_some_and(|event| event.count == Some(7))
    })
    .await;
}
