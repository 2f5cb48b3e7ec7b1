//! Nodes that tenants see: chosen by a pod, needed by a DaemonSet, lost.

use std::time::Duration;

use k8s_openapi::api::{
    admissionregistration::v1::{ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding},
    apps::v1::{DaemonSet, Deployment},
    core::v1::{Node, Pod},
};
use kube::{Api, ResourceExt, api::DeleteParams};
use serde_json::{Value, json};
use tenantbench::observe::pods::is_ready;

use crate::{
    until::{any, gone, until, until_within},
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

/// Who writes for the host's nodes.
const NODES_USER: &str = "tenantbench:nodes";

/// How long the host's controllers wait for a node that is silent, and then some.
const LOSS: Duration = Duration::from_secs(150);

/// Has the host's API server take nothing from a node any more, as if the network between them were cut: no lease, no
/// status, no end of a pod.
async fn cut_off(world: &World, node: &str) {
    let rules = json!([
        {"apiGroups": ["coordination.k8s.io"], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["leases"]},
        {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["nodes/status", "pods/status"]},
        {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["DELETE"], "resources": ["pods"]},
    ]);
    let is_its = format!(
        "request.resource.resource == 'pods' ? oldObject.spec.nodeName == '{node}' : request.name == '{node}'"
    );
    let policy = json!({"metadata": {"name": "cut-off"}, "spec": {
        "matchConstraints": {"resourceRules": rules},
        "matchConditions": [{"name": "by-nodes", "expression": format!("request.userInfo.username == '{NODES_USER}'")}],
        "validations": [{"expression": format!("!({is_its})")}],
    }});
    create(&Api::<ValidatingAdmissionPolicy>::all(world.platform.clone()), policy).await;
    let binding = json!({"policyName": "cut-off", "validationActions": ["Deny"]});
    let binding = json!({"metadata": {"name": "cut-off"}, "spec": binding});
    create(&Api::<ValidatingAdmissionPolicyBinding>::all(world.platform.clone()), binding).await;
}

async fn rejoin(world: &World) {
    let bindings = Api::<ValidatingAdmissionPolicyBinding>::all(world.platform.clone());
    bindings.delete("cut-off", &DeleteParams::default()).await.unwrap();
}

fn gone_at_once(mut spec: Value) -> Value {
    let tolerations = spec["tolerations"].as_array_mut().unwrap();
    tolerations.push(json!({
        "key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 0,
    }));
    spec
}

#[test]
fn a_pod_on_a_lost_node_says_so_and_is_made_again_and_can_be_forced_away() {
    case(async |world| {
        let space = world.namespace("lost").await;
        let pod = simulated("web", gone_at_once(only_on(LOST)));
        create(&space.api::<Deployment>(), workload(&pod, json!({"replicas": 1}))).await;
        let first = any(&space.pods(), is_ready).await;
        let (pods, name) = (space.pods(), first.name_any());
        let (host, host_name) = (world.host::<Pod>(), space.host_name(&name));
        cut_off(world, LOST).await;
        let is_lost = |pod: &Pod| {
            holds(pod, "DisruptionTarget", Some("DeletionByTaintManager"))
                && pod.metadata.deletion_timestamp.is_some()
        };
        until_within(LOSS, &pods, &name, is_lost).await;
        any(&pods, |pod| pod.uid() != first.uid()).await;
        // Nobody can tell that its containers have ended, so it stays on both sides until somebody says that it must not.
        assert!(host.get_opt(&host_name).await.unwrap().is_some());
        pods.delete(&name, &DeleteParams::default().grace_period(0)).await.unwrap();
        gone(&host, &host_name).await;
        assert!(pods.get_opt(&name).await.unwrap().is_none());
        rejoin(world).await;
        // It has said itself that it is there, so it takes pods again.
        let is_kept_off =
            |node: &Node| json!(node.spec)["taints"].to_string().contains("node.kubernetes.io/");
        until(&Api::<Node>::all(world.platform.clone()), LOST, |node| !is_kept_off(node)).await;
        space.ready(simulated("again", only_on(LOST))).await;
    });
}
