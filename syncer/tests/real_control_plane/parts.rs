//! Ephemeral containers, resizes and readiness gates, which change through subresources of their own: with the options
//! that name them, and without.

use futures::StreamExt;
use k8s_openapi::api::core::v1::{Event, LimitRange, Node, Pod};
use kube::{
    Api,
    api::{Patch, PatchParams},
    runtime::{WatchStreamExt, watcher},
};
use serde_json::{Value, json};
use tenantbench_syncer::kinds::{Kinds, optional};

use crate::{
    events::event_about,
    support::{HostStreams, Running, World, create, is_ready, pod, soon, until},
};

/// A syncer with all three options and what they need on the host.
async fn syncer(world: &World) -> Running {
    let kinds = ["ephemeral-containers", "resize", "readiness-gates"]
        .into_iter()
        .try_fold(Kinds::default(), |kinds, name| kinds.with(optional(name).expect("an option")));
    let mut options = world.options();
    options.kinds = kinds.expect("it fits");
    world.grant(&options.kinds).await;
    let syncer = world.launch(options);
    syncer.ready().await;
    syncer
}

async fn change(pods: &Api<Pod>) {
    let params = PatchParams::default();
    let env =
        json!([{"name": "K", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "k", "optional": true}}}]);
    let debugger = json!({"name": "debug", "image": "i", "targetContainerName": "c", "env": env});
    let patch = Patch::Strategic(json!({"spec": {"ephemeralContainers": [debugger]}}));
    pods.patch_subresource("ephemeralcontainers", "web", &params, &patch).await.expect("is added");
}

async fn make(world: &World) -> Api<Pod> {
    let pods = world.tenant_api::<Pod>("default");
    create(&pods, pod("web", None)).await;
    until("the pod to be Ready", &pods, "web", is_ready).await;
    pods
}

fn debuggers(pod: &Pod) -> Vec<&str> {
    let all = pod.spec.iter().flat_map(|spec| spec.ephemeral_containers.iter().flatten());
    all.map(|container| container.name.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ephemeral_containers_reach_the_host_where_their_option_is_on() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let _syncer = syncer(&world).await;
    let pods = make(&world).await;
    change(&pods).await;
    let follows = |pod: Option<&Pod>| pod.is_some_and(|pod| debuggers(pod) == ["debug"]);
    let (host, name) = (world.host_api::<Pod>(), world.names.host("default", "web"));
    let copy = until("it to reach the host", &host, &name, follows).await.expect("a pod");
    let env = copy.spec.and_then(|spec| spec.ephemeral_containers?.pop()?.env).expect("variables");
    let named = env.iter().find(|one| one.name == "K").and_then(|one| one.value_from.as_ref());
    let named = named.and_then(|from| Some(from.config_map_key_ref.as_ref()?.name.as_str()));
    assert_eq!(named, Some(world.names.host("default", "m").as_str()));
}

/// What a container asks for and may take: a pod whose class of service is `Burstable`, before and after.
fn amounts(requested: &str, most: &str) -> Value {
    json!({"requests": {"cpu": requested, "memory": "32Mi"}, "limits": {"cpu": most, "memory": "64Mi"}})
}

fn resources(pod: &Pod) -> Value {
    json!(pod.spec.as_ref().and_then(|spec| spec.containers.first()?.resources.as_ref()))
}

/// An API server that knows the node of a pod lets it grow only as far as the node has room.
async fn roomy_node(world: &World) -> HostStreams {
    let node = world.host_node().await;
    let room = json!({"cpu": "8", "memory": "16Gi", "pods": "110"});
    let status = Patch::Merge(json!({"status": {"capacity": room, "allocatable": room}}));
    let nodes: Api<Node> = Api::all(world.host.clone());
    nodes.patch_status("node-1", &PatchParams::default(), &status).await.expect("a status");
    node
}

async fn make_sized(world: &World) -> Api<Pod> {
    let pods = world.tenant_api::<Pod>("default");
    let mut sized = pod("web", None);
    sized["spec"]["containers"][0]["resources"] = amounts("100m", "1");
    create(&pods, sized).await;
    until("the pod to be Ready", &pods, "web", is_ready).await;
    pods
}

async fn resize(pods: &Api<Pod>, amounts: Value) {
    let patch = json!({"spec": {"containers": [{"name": "c", "resources": amounts}]}});
    let params = PatchParams::default();
    pods.patch_subresource("resize", "web", &params, &Patch::Strategic(patch)).await.expect("is resized");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resize_reaches_the_host_and_what_the_node_makes_of_it_comes_up() {
    let world = World::start().await;
    let _node = roomy_node(&world).await;
    let _kubelet = world.host_kubelet();
    let _syncer = syncer(&world).await;
    let pods = make_sized(&world).await;
    let (host, name) = (world.host_api::<Pod>(), world.names.host("default", "web"));
    let before = host.get(&name).await.expect("is there");
    assert_eq!(resources(&before), amounts("100m", "1"));
    resize(&pods, amounts("300m", "1")).await;
    let is_resized = |pod: Option<&Pod>| pod.is_some_and(|pod| resources(pod) == amounts("300m", "1"));
    let after = until("the resize to reach the host", &host, &name, is_resized).await.expect("a pod");
    assert_eq!(
        (after.metadata.uid, after.spec.map(|spec| spec.node_name)),
        (before.metadata.uid, before.spec.map(|spec| spec.node_name))
    );

    // The host's kubelet takes its time, and then says what it has allotted.
    let status = json!({"status": {
        "conditions": [{"type": "PodResizeInProgress", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}],
        "containerStatuses": [{
            "name": "c", "image": "i", "imageID": "", "restartCount": 0, "ready": true, "started": true,
            "allocatedResources": {"cpu": "300m", "memory": "32Mi"}, "resources": amounts("300m", "1"),
        }],
    }});
    host.patch_status(&name, &PatchParams::default(), &Patch::Strategic(status)).await.expect("a status");
    let is_told = |pod: Option<&Pod>| {
        let status = json!(pod.and_then(|pod| pod.status.as_ref()));
        let container = &status["containerStatuses"][0];
        let conditions = status["conditions"].as_array().cloned().unwrap_or_default();
        container["resources"] == amounts("300m", "1")
            && container["allocatedResources"]["cpu"] == "300m"
            && conditions.iter().any(|condition| condition["type"] == "PodResizeInProgress")
    };
    until("the allotment to come up", &pods, "web", is_told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resize_that_the_host_refuses_is_told_in_its_words() {
    let world = World::start().await;
    let _node = roomy_node(&world).await;
    let _kubelet = world.host_kubelet();
    let _syncer = syncer(&world).await;
    let limits = json!([{"type": "Container", "max": {"cpu": "1", "memory": "1Gi"}}]);
    create(&world.host_api::<LimitRange>(), json!({"metadata": {"name": "l"}, "spec": {"limits": limits}}))
        .await;
    let pods = make_sized(&world).await;
    resize(&pods, amounts("100m", "2")).await;
    let event = event_about(world.tenant_api("default"), "web", "NotSynced").await;
    let message = event.message.unwrap_or_default();
    assert!(message.contains("maximum cpu usage per Container is 1"), "{message}");
    // What fits afterwards is carried.
    resize(&pods, amounts("200m", "1")).await;
    let fits = |pod: Option<&Pod>| pod.is_some_and(|pod| resources(pod) == amounts("200m", "1"));
    until("the resize", &world.host_api::<Pod>(), &world.names.host("default", "web"), fits).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_option_a_resize_stays_in_the_tenant_which_is_told() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let _syncer = world.syncer().await;
    let pods = make_sized(&world).await;
    resize(&pods, amounts("300m", "1")).await;
    let event = event_about(world.tenant_api("default"), "web", "NotSynced").await;
    let message = event.message.unwrap_or_default();
    assert!(message.contains("--sync resize"), "{message}");
    let host = world.host_api::<Pod>().get(&world.names.host("default", "web")).await.expect("is there");
    assert_eq!(resources(&host), amounts("100m", "1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_option_the_tenant_is_told_once_what_is_missing_and_the_pod_goes_on() {
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let _syncer = world.syncer().await;
    let pods = make(&world).await;
    change(&pods).await;
    let events = world.tenant_api::<Event>("default");
    let stream = watcher(events, watcher::Config::default()).applied_objects();
    let mut told = std::pin::pin!(stream.filter_map(async |event| event.ok()));
    let about = async {
        loop {
            let event = told.next().await.expect("watches go on");
            if event.message.as_deref().is_some_and(|text| text.contains("--sync ephemeral-containers")) {
                return event;
            }
        }
    };
    let event = soon("the tenant to be told", about).await;
    assert_eq!((event.reason.as_deref(), event.count), (Some("NotSynced"), Some(1)));
    // What else changes still goes down.
    let label = Patch::Merge(json!({"metadata": {"labels": {"tier": "a"}}}));
    pods.patch("web", &PatchParams::default(), &label).await.expect("a change");
    let (host, name) = (world.host_api::<Pod>(), world.names.host("default", "web"));
    let has_label = |pod: Option<&Pod>| {
        pod.is_some_and(|pod| pod.metadata.labels.as_ref().is_some_and(|all| all.contains_key("tier")))
    };
    let copy = until("the label to follow", &host, &name, has_label).await.expect("a pod");
    assert!(debuggers(&copy).is_empty());
}

fn condition<'a>(pod: Option<&'a Pod>, kind: &str) -> Option<&'a str> {
    let mut all = pod?.status.as_ref()?.conditions.iter().flatten();
    all.find(|condition| condition.type_ == kind).map(|condition| condition.status.as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_gates_reach_the_host_and_open_there_when_they_do_in_the_tenant() {
    const GO: &str = "example.com/go";
    let world = World::start().await;
    let _kubelet = world.host_kubelet();
    let _syncer = syncer(&world).await;
    let pods = world.tenant_api::<Pod>("default");
    let mut gated = pod("web", None);
    gated["spec"]["readinessGates"] = json!([{"conditionType": GO}]);
    create(&pods, gated).await;
    let (host, name) = (world.host_api::<Pod>(), world.names.host("default", "web"));
    let copy = until("the pod on the host", &host, &name, |pod: Option<&Pod>| pod.is_some()).await;
    let gates = copy.and_then(|pod| pod.spec?.readiness_gates).unwrap_or_default();
    assert_eq!(gates.iter().map(|gate| gate.condition_type.as_str()).collect::<Vec<_>>(), [GO]);
    // One of the host's own, which must stay.
    let own = json!({"status": {"conditions": [{"type": "host.example/own", "status": "True"}]}});
    host.patch_status(&name, &PatchParams::default(), &Patch::Strategic(own)).await.expect("a status");

    let set = async |status: Value| {
        let conditions = json!({"status": {"conditions": [status]}});
        pods.patch_status("web", &PatchParams::default(), &Patch::Strategic(conditions))
            .await
            .expect("a status");
    };
    set(json!({"type": GO, "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"})).await;
    until("the gate to open", &host, &name, |pod: Option<&Pod>| condition(pod, GO) == Some("True")).await;
    until("the pod to be Ready", &pods, "web", is_ready).await;
    set(json!({"type": GO, "status": "False", "reason": "Full"})).await;
    until("the gate to close", &host, &name, |pod: Option<&Pod>| condition(pod, GO) == Some("False")).await;
    until("the pod not to be Ready", &pods, "web", |pod: Option<&Pod>| {
        condition(pod, "Ready") == Some("False")
    })
    .await;
    set(json!({"type": GO, "$patch": "delete"})).await;
    let copy =
        until("the condition to go", &host, &name, |pod: Option<&Pod>| condition(pod, GO).is_none()).await;
    assert_eq!(condition(copy.as_ref(), "host.example/own"), Some("True"));
}
