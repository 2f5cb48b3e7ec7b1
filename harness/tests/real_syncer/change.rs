//! What changes in a pod that is there.

use k8s_openapi::api::core::v1::Pod;
use kube::{
    ResourceExt,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};
use tenantbench::observe::pods::is_ready;

use crate::{
    until::until,
    world::{Space, case, create, simulated},
};

async fn change(space: &Space, change: Patch<Value>) {
    space.pods().patch("web", &PatchParams::default(), &change).await.unwrap();
}

fn image(pod: &Pod) -> Option<&str> {
    pod.spec.as_ref()?.containers.first()?.image.as_deref()
}

#[test]
fn labels_image_deadline_and_tolerations_follow() {
    case(async |world| {
        let space = world.namespace("change").await;
        let pod = space.ready(simulated("web", json!({}))).await;
        let other = "registry.k8s.io/pause:3.9";
        let mut tolerations = json!(pod.spec.unwrap().tolerations.unwrap());
        tolerations.as_array_mut().unwrap().push(json!({"key": "example.com/new", "operator": "Exists"}));
        change(
            &space,
            Patch::Strategic(json!({
                "metadata": {"labels": {"tier": "front"}},
                "spec": {
                    "activeDeadlineSeconds": 3000,
                    "tolerations": tolerations,
                    "containers": [{"name": "c", "image": other}],
                },
            })),
        )
        .await;
        let follows = |pod: &Pod| {
            let spec = pod.spec.as_ref().unwrap();
            let tolerates =
                |key: &str| spec.tolerations.iter().flatten().any(|one| one.key.as_deref() == Some(key));
            pod.labels().get("tier").is_some_and(|tier| tier == "front")
                && spec.active_deadline_seconds == Some(3000)
                && tolerates("example.com/new")
                && tolerates("node.kubernetes.io/unreachable")
                && image(pod) == Some(other)
        };
        until(&world.host::<Pod>(), &space.host_name("web"), follows).await;
    });
}

#[test]
fn a_pod_is_scheduled_when_its_last_gate_opens() {
    case(async |world| {
        let space = world.namespace("gates").await;
        let gates =
            |names: &[&str]| -> Vec<Value> { names.iter().map(|name| json!({"name": name})).collect() };
        let closed = gates(&["example.com/a", "example.com/b"]);
        create(&space.pods(), simulated("web", json!({"schedulingGates": closed}))).await;
        let (host, name) = (world.host::<Pod>(), space.host_name("web"));
        let count =
            |pod: &Pod| pod.spec.as_ref().map_or(0, |spec| spec.scheduling_gates.iter().flatten().count());
        until(&host, &name, |pod| count(pod) == 2).await;
        change(&space, Patch::Merge(json!({"spec": {"schedulingGates": gates(&["example.com/b"])}}))).await;
        until(&host, &name, |pod| count(pod) == 1).await;
        change(&space, Patch::Merge(json!({"spec": {"schedulingGates": []}}))).await;
        until(&space.pods(), "web", is_ready).await;
    });
}

#[test]
fn what_needs_more_than_admin_is_told_with_its_remedy() {
    case(async |world| {
        let space = world.namespace("options").await;
        space.ready(simulated("web", json!({}))).await;
        let params = PatchParams::default();
        let debugger = json!({"spec": {"ephemeralContainers": [{"name": "debug", "image": "busybox"}]}});
        let patch = Patch::Strategic(debugger);
        space.pods().patch_subresource("ephemeralcontainers", "web", &params, &patch).await.unwrap();
        space.told("web", "--sync ephemeral-containers").await;
        assert!(is_ready(&space.pods().get("web").await.unwrap()));
    });
}
