//! Ephemeral containers, which change through a subresource of their own: with the option that names them, and without.

use futures::StreamExt;
use k8s_openapi::api::core::v1::{Event, Pod};
use kube::{
    Api,
    api::{Patch, PatchParams},
    runtime::{WatchStreamExt, watcher},
};
use serde_json::json;
use tenantbench_syncer::kinds::{Kinds, optional};

use crate::support::{World, create, is_ready, pod, soon, until};

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
    let kinds = ["ephemeral-containers", "resize"]
        .into_iter()
        .try_fold(Kinds::default(), |kinds, name| kinds.with(optional(name).expect("an option")));
    let mut options = world.options();
    options.kinds = kinds.expect("it fits");
    world.grant(&options.kinds).await;
    let syncer = world.launch(options);
    syncer.ready().await;
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
