//! Pods that the host ends.

use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{Node, Pod},
    scheduling::v1::PriorityClass,
};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, EvictParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use tenantbench::observe::pods::is_ready;

use crate::{
    until::{any, gone, until},
    world::{Space, World, case, create, holds, simulated, workload},
};

/// A Deployment of one pod, Ready.
async fn deployed(space: &Space, spec: Value) -> Pod {
    create(&space.api::<Deployment>(), workload(&simulated("web", spec), json!({"replicas": 1}))).await;
    any(&space.pods(), is_ready).await
}

#[test]
fn a_pod_that_is_deleted_on_the_host_is_replaced_by_its_controller() {
    case(async |world| {
        let space = world.namespace("host-deleted").await;
        let first = deployed(&space, json!({})).await;
        let name = space.host_name(&first.name_any());
        world.host::<Pod>().delete(&name, &DeleteParams::default()).await.unwrap();
        gone(&space.pods(), &first.name_any()).await;
        any(&space.pods(), |pod| pod.uid() != first.uid() && is_ready(pod)).await;
    });
}

#[test]
fn an_eviction_on_the_host_names_its_reason_in_the_tenant() {
    case(async |world| {
        let space = world.namespace("evicted").await;
        let first = deployed(&space, json!({})).await;
        let (pods, host, name) = (space.pods(), world.host::<Pod>(), space.host_name(&first.name_any()));
        let params = EvictParams::default();
        let evicted = until(&pods, first.metadata.name.as_ref().unwrap(), |pod| {
            holds(pod, "DisruptionTarget", Some("EvictionByEvictionAPI"))
        });
        let (_, asked) = tokio::join!(evicted, host.evict(&name, &params));
        asked.unwrap();
        gone(&pods, &first.name_any()).await;
        any(&pods, |pod| pod.uid() != first.uid() && is_ready(pod)).await;
    });
}

#[test]
fn a_pod_that_a_kubelet_evicted_stays_to_be_seen() {
    case(async |world| {
        let space = world.namespace("kubelet").await;
        let first = deployed(&space, json!({})).await;
        let (host, name) = (world.host::<Pod>(), space.host_name(&first.name_any()));
        let status = json!({"status": {"phase": "Failed", "reason": "Evicted", "message": "low on memory"}});
        host.patch_status(&name, &PatchParams::default(), &Patch::Merge(status)).await.unwrap();
        let is_evicted = |pod: &Pod| {
            let status = pod.status.as_ref();
            status.is_some_and(|status| {
                status.phase.as_deref() == Some("Failed") && status.reason.as_deref() == Some("Evicted")
            })
        };
        until(&space.pods(), &first.name_any(), is_evicted).await;
        any(&space.pods(), |pod| pod.uid() != first.uid() && is_ready(pod)).await;
        host.delete(&name, &DeleteParams::default()).await.unwrap();
        gone(&host, &name).await;
        space.ready(simulated("later", json!({}))).await;
        assert!(is_evicted(&space.pods().get(&first.name_any()).await.unwrap()));
    });
}

const SLOT: &str = "example.com/slot";

fn takes_slot() -> Value {
    json!({"limits": {SLOT: "1"}, "requests": {SLOT: "1"}})
}

/// A node with room for one pod of a sort, so that two such pods are in each other's way and in nobody else's.
async fn make_slot(world: &World) {
    let room = json!({"status": {"capacity": {SLOT: "1"}, "allocatable": {SLOT: "1"}}});
    let nodes: Api<Node> = Api::all(world.platform.clone());
    nodes.patch_status("node-2", &PatchParams::default(), &Patch::Merge(room)).await.unwrap();
    let class = json!({"metadata": {"name": "urgent"}, "value": 1_000_000});
    create(&Api::<PriorityClass>::all(world.platform.clone()), class).await;
}

#[test]
fn a_preempted_pod_says_so_and_its_successor_runs_when_there_is_room_again() {
    case(async |world| {
        make_slot(world).await;
        let space = world.namespace("preempted").await;
        let mut pod = simulated("web", json!({}));
        pod["spec"]["containers"][0]["resources"] = takes_slot();
        create(&space.api::<Deployment>(), workload(&pod, json!({"replicas": 1}))).await;
        let first = any(&space.pods(), is_ready).await;

        let mut urgent = simulated("urgent", json!({"priorityClassName": "urgent"}));
        urgent["spec"]["containers"][0]["resources"] = takes_slot();
        let others: Api<Pod> = Api::namespaced(world.platform.clone(), "default");
        let pods = space.pods();
        let name = first.name_any();
        let preempted =
            until(&pods, &name, |pod| holds(pod, "DisruptionTarget", Some("PreemptionByScheduler")));
        tokio::join!(preempted, create(&others, urgent));
        gone(&pods, &name).await;
        until(&others, "urgent", is_ready).await;
        let second = any(&pods, |pod| pod.uid() != first.uid()).await;
        others.delete("urgent", &DeleteParams::default()).await.unwrap();
        until(&pods, &second.name_any(), is_ready).await;
    });
}
