//! Parts of a pod that change through subresources of their own, in a tenant that may change them.

use k8s_openapi::api::{
    core::v1::{Pod, Service},
    discovery::v1::EndpointSlice,
};
use kube::api::{LogParams, Patch, PatchParams};
use serde_json::{Value, json};
use tenantbench::observe::pods::is_ready;

use crate::{
    kinds::{address, has_endpoint, service},
    until::{any, until},
    world::{IDLE, PROCESS, create, holds, process, simulated, wide_down},
};

#[test]
fn an_ephemeral_container_runs_beside_the_pods_own_and_is_heard() {
    wide_down(async |world| {
        let space = world.namespace("debug").await;
        let pod = space.ready(process("web", IDLE, json!({}))).await;
        let debugger =
            json!({"name": "debug", "image": PROCESS, "command": ["sh", "-c", "echo looked around"]});
        let patch = Patch::Strategic(json!({"spec": {"ephemeralContainers": [debugger]}}));
        let params = PatchParams::default();
        space.pods().patch_subresource("ephemeralcontainers", "web", &params, &patch).await.unwrap();
        let has_ended = |pod: &Pod| {
            let status = json!(pod.status);
            status["ephemeralContainerStatuses"][0]["state"]["terminated"]["exitCode"] == 0
        };
        let after = until(&space.pods(), "web", has_ended).await;
        assert_eq!((is_ready(&after), after.metadata.uid), (true, pod.metadata.uid));
        let of_debugger = LogParams { container: Some("debug".to_owned()), ..LogParams::default() };
        assert_eq!(space.pods().logs("web", &of_debugger).await.unwrap(), "looked around\n");
    });
}

fn amounts(cpu: &str) -> Value {
    json!({"requests": {"cpu": cpu, "memory": "32Mi"}, "limits": {"cpu": "1", "memory": "64Mi"}})
}

#[test]
fn a_resize_is_allotted_by_the_node_and_seen_in_the_tenant() {
    wide_down(async |world| {
        let space = world.namespace("resized").await;
        let mut sized = simulated("web", json!({}));
        sized["spec"]["containers"][0]["resources"] = amounts("100m");
        let before = space.ready(sized).await;
        let has =
            |pod: &Pod, cpu: &str| json!(pod.status)["containerStatuses"][0]["resources"] == amounts(cpu);
        until(&space.pods(), "web", |pod| has(pod, "100m")).await;
        let patch = json!({"spec": {"containers": [{"name": "c", "resources": amounts("300m")}]}});
        let params = PatchParams::default();
        space.pods().patch_subresource("resize", "web", &params, &Patch::Strategic(patch)).await.unwrap();
        let after = until(&space.pods(), "web", |pod| has(pod, "300m")).await;
        assert_eq!(after.metadata.uid, before.metadata.uid);
        let host = world.host::<Pod>().get(&space.host_name("web")).await.unwrap();
        assert_eq!(json!(host.spec)["containers"][0]["resources"], amounts("300m"));
    });
}

#[test]
fn a_service_of_the_host_leads_to_a_pod_only_while_its_gate_in_the_tenant_is_open() {
    wide_down(async |world| {
        const GO: &str = "example.com/go";
        let space = world.namespace("gated").await;
        create(&space.api::<Service>(), service("web", "web")).await;
        let gates = json!({"readinessGates": [{"conditionType": GO}]});
        create(&space.pods(), simulated("web", gates)).await;
        let pod = until(&space.pods(), "web", |pod| holds(pod, "ContainersReady", None)).await;
        let (slices, name, address) = (world.host::<EndpointSlice>(), space.host_name("web"), address(&pod));
        any(&slices, |slice| has_endpoint(slice, &name, &address, false)).await;
        assert!(!is_ready(&space.pods().get("web").await.unwrap()));
        for (status, ready) in [("True", true), ("False", false)] {
            let condition =
                json!({"type": GO, "status": status, "lastTransitionTime": "2026-01-01T00:00:00Z"});
            let patch = Patch::Strategic(json!({"status": {"conditions": [condition]}}));
            space.pods().patch_status("web", &PatchParams::default(), &patch).await.unwrap();
            any(&slices, |slice| has_endpoint(slice, &name, &address, ready)).await;
            until(&space.pods(), "web", |pod| is_ready(pod) == ready).await;
        }
    });
}
