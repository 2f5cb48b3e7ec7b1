//! Nodes that tenants see: chosen by a pod, needed by a DaemonSet, lost.

use k8s_openapi::api::{
    apps::v1::{DaemonSet, Deployment},
    core::v1::{Node, Pod},
};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use tenantbench::observe::pods::is_ready;

use crate::{
    until::{any, gone, until},
    world::{APART, LOST, World, case, create, holds, only_on, simulated, workload},
};

fn node_of(pod: &Pod) -> Option<&str> {
    pod.spec.as_ref()?.node_name.as_deref()
}

#[test]
fn a_pod_that_names_its_node_runs_there_and_the_tenant_sees_the_node() {
    case(async |world| {
        let space = world.namespace("chosen").await;
        let pod = space.ready(simulated("web", json!({"nodeName": "node-1"}))).await;
        assert_eq!(node_of(&pod), Some("node-1"));
        let host = world.host::<Pod>().get(&space.host_name("web")).await.unwrap();
        assert_eq!(node_of(&host), Some("node-1"));
        until(&Api::<Node>::all(world.tenant()), "node-1", |_| true).await;
    });
}

#[test]
fn a_daemon_set_runs_on_the_tenants_nodes_and_keeps_none_of_them() {
    case(async |world| {
        let space = world.namespace("daemons").await;
        let (pods, nodes) = (space.pods(), Api::<Node>::all(world.tenant()));
        space.ready(simulated("guest", only_on(APART))).await;
        let daemon = simulated("daemon", only_on(APART));
        create(&space.api::<DaemonSet>(), workload(&daemon, json!({}))).await;
        let is_daemon = |pod: &Pod| pod.name_any().starts_with("daemon-") && is_ready(pod);
        let first = any(&pods, is_daemon).await;
        assert_eq!(node_of(&first), Some(APART));

        let node = until(&nodes, APART, |_| true).await;
        pods.delete("guest", &DeleteParams::default()).await.unwrap();
        gone(&nodes, APART).await;
        // The Node comes again with the next guest. By then the tenant's pod collector may have taken the DaemonSet's
        // pod, or, as it waits for 40 s, not.
        space.ready(simulated("guest", only_on(APART))).await;
        until(&nodes, APART, |again| again.uid() != node.uid()).await;
        let is_up = |set: &DaemonSet| set.status.as_ref().is_some_and(|status| status.number_ready == 1);
        until(&space.api::<DaemonSet>(), "daemon", is_up).await;
    });
}

/// What the host's controllers find where a kubelet has fallen silent for as long as they wait.
async fn set_ready(world: &World, status: &str) {
    let condition = json!({"type": "Ready", "status": status, "reason": "Test", "message": "set by a test"});
    let nodes: Api<Node> = Api::all(world.platform.clone());
    let patch = Patch::Strategic(json!({"status": {"conditions": [condition]}}));
    nodes.patch_status(LOST, &PatchParams::default(), &patch).await.unwrap();
}

fn gone_at_once(mut spec: Value) -> Value {
    let tolerations = spec["tolerations"].as_array_mut().unwrap();
    tolerations.push(json!({
        "key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 0,
    }));
    spec
}

#[test]
fn a_pod_on_a_lost_node_goes_and_is_made_again() {
    case(async |world| {
        let space = world.namespace("lost").await;
        let pod = simulated("web", gone_at_once(only_on(LOST)));
        create(&space.api::<Deployment>(), workload(&pod, json!({"replicas": 1}))).await;
        let first = any(&space.pods(), is_ready).await;
        let (pods, name) = (space.pods(), first.name_any());
        let evicted =
            until(&pods, &name, |pod| holds(pod, "DisruptionTarget", Some("DeletionByTaintManager")));
        tokio::join!(evicted, set_ready(world, "Unknown"));
        gone(&pods, &name).await;
        set_ready(world, "True").await;
        any(&pods, |pod| pod.uid() != first.uid() && is_ready(pod)).await;
    });
}
