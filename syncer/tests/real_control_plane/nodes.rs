//! The tenant's Nodes: made of their names with a Role alone, following the host's with the wider role.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::{
    coordination::v1::Lease,
    core::v1::{Node, Pod},
};
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use tenantbench_syncer::{
    kinds::{Kinds, optional},
    role::rules,
    run::Options,
};

use crate::support::{HostKubelet, HostStreams, Running, World, create, is_ready, pod, until};

/// A tenant with a pod on `node-1`.
struct Lab {
    world: World,
    options: Options,
    nodes: Api<Node>,
    host_nodes: Api<Node>,
    leases: Api<Lease>,
    syncer: Option<Running>,
    _streams: HostStreams,
    _kubelet: HostKubelet,
}

impl Lab {
    /// With a Role alone.
    async fn with_a_role() -> Self {
        let world = World::start().await;
        let options = world.options();
        Self::start(world, options).await
    }

    /// With the wider role.
    async fn following() -> Self {
        let world = World::start().await;
        let kinds = Kinds::default().with(optional("host-nodes").expect("an option")).expect("fits");
        world.grant_everywhere(rules(&kinds).cluster).await;
        let options = Options { kinds, ..world.options() };
        Self::start(world, options).await
    }

    async fn start(world: World, options: Options) -> Self {
        let (streams, kubelet) = (world.host_node().await, world.host_kubelet());
        let syncer = world.launch(options.clone());
        syncer.ready().await;
        Self {
            nodes: Api::all(world.tenant.clone()),
            host_nodes: Api::all(world.host.clone()),
            leases: world.tenant_api("kube-node-lease"),
            syncer: Some(syncer),
            _streams: streams,
            _kubelet: kubelet,
            options,
            world,
        }
    }

    /// Has a pod run on a node of the host.
    async fn run_pod(&self, name: &str, node: &str) {
        let pods = self.world.tenant_api::<Pod>("default");
        let mut pod = pod(name, None);
        pod["metadata"]["labels"]["node"] = json!(node);
        create(&pods, pod).await;
        until("the pod to be Ready", &pods, name, is_ready).await;
    }

    /// Changes a node of the host as its kubelet or the platform would.
    async fn change_host(&self, name: &str, itself: Value, status: Value) {
        let params = PatchParams::default();
        self.host_nodes.patch(name, &params, &Patch::Merge(itself)).await.expect("a change");
        let status = Patch::Merge(json!({ "status": status }));
        self.host_nodes.patch_status(name, &params, &status).await.expect("a change");
    }

    async fn make_ready(&self, name: &str, ready: &str) {
        let condition = json!({
            "type": "Ready", "status": ready, "reason": "Test", "message": "as told", "lastHeartbeatTime": "2026-01-01T00:00:00Z",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        });
        self.change_host(name, json!({}), json!({ "conditions": [condition] })).await;
    }

    async fn until_node(&self, what: &str, name: &str, holds: impl Fn(&Node) -> bool) -> Node {
        until(what, &self.nodes, name, |node: Option<&Node>| node.is_some_and(&holds))
            .await
            .expect("is there")
    }

    async fn renewed_at(&self, name: &str) -> Timestamp {
        renewed(&self.leases.get(name).await.expect("a lease"))
    }

    /// Lets some time pass, and waits until this node's lease has been renewed after it.
    async fn pass_until_renewed(&self, name: &str) {
        let before = self.renewed_at(name).await;
        self.options.clock.pass(Duration::from_secs(60));
        until("the lease to be renewed", &self.leases, name, |lease: Option<&Lease>| {
            lease.is_some_and(|lease| renewed(lease) > before)
        })
        .await;
    }
}

fn renewed(lease: &Lease) -> Timestamp {
    lease.spec.as_ref().and_then(|spec| spec.renew_time.as_ref()).expect("a time").0
}

fn label<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    node.metadata.labels.as_ref()?.get(key).map(String::as_str)
}

fn readiness(node: &Node) -> Option<&str> {
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions
        .filter(|condition| condition.type_ == "Ready")
        .map(|condition| condition.status.as_str())
        .next()
}

fn taints(node: &Node) -> Vec<String> {
    let taints = node.spec.iter().flat_map(|spec| spec.taints.iter().flatten());
    taints.map(|taint| format!("{}:{}", taint.key, taint.effect)).collect()
}

fn port(node: &Node) -> Option<i32> {
    Some(node.status.as_ref()?.daemon_endpoints.as_ref()?.kubelet_endpoint.as_ref()?.port)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_deleted_by_hand_comes_back_while_a_pod_is_on_it() {
    let lab = Lab::with_a_role().await;
    lab.run_pod("web", "node-1").await;
    let before = lab.until_node("the Node", "node-1", |_| true).await.metadata.uid;
    lab.nodes.delete("node-1", &DeleteParams::default()).await.expect("is deleted");
    let node = lab.until_node("another Node", "node-1", |node| node.metadata.uid != before).await;
    assert_eq!(readiness(&node), Some("True"));
    assert_eq!(port(&node), Some(i32::from(lab.options.kubelet_port)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ours_of_a_node_is_put_right_and_what_the_tenant_adds_stays() {
    let lab = Lab::with_a_role().await;
    lab.run_pod("web", "node-1").await;
    let params = PatchParams::default();
    let mine = json!({
        "metadata": {"labels": {"team": "a", "kubernetes.io/os": "plan9"}},
        "spec": {"taints": [{"key": "mine", "effect": "PreferNoSchedule"}], "unschedulable": true},
    });
    lab.nodes.patch("node-1", &params, &Patch::Merge(mine)).await.expect("a change");
    let status = json!({"status": {"daemonEndpoints": {"kubeletEndpoint": {"Port": 1}}, "capacity": {"example.com/gpu": "8"}}});
    lab.nodes.patch_status("node-1", &params, &Patch::Merge(status)).await.expect("a change");
    let node = lab
        .until_node("the Node to be put right", "node-1", |node| {
            port(node) == Some(i32::from(lab.options.kubelet_port))
                && label(node, "kubernetes.io/os") == Some("linux")
                && node.spec.as_ref().is_some_and(|spec| spec.unschedulable != Some(true))
        })
        .await;
    assert_eq!(label(&node, "team"), Some("a"));
    assert_eq!(taints(&node), ["mine:PreferNoSchedule"]);
    let capacity = node.status.and_then(|status| status.capacity).expect("a capacity");
    assert!(!capacity.contains_key("example.com/gpu"), "{capacity:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn someone_elses_node_of_a_used_name_stays_as_it_is() {
    let lab = Lab::with_a_role().await;
    let before = create(&lab.nodes, json!({"metadata": {"name": "node-1"}})).await;
    lab.run_pod("web", "node-1").await;
    let pods = lab.world.tenant_api::<Pod>("default");
    pods.delete("web", &DeleteParams::default()).await.expect("is deleted");
    until("the pod to go", &pods, "web", |pod: Option<&Pod>| pod.is_none()).await;
    lab.run_pod("other", "node-2").await;
    lab.pass_until_renewed("node-2").await;
    let after = lab.nodes.get("node-1").await.expect("is there");
    assert_eq!(after.metadata.resource_version, before.metadata.resource_version);
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_of_an_earlier_run_are_taken_over_with_the_endpoint_of_this_one() {
    let mut lab = Lab::with_a_role().await;
    lab.run_pod("web", "node-1").await;
    lab.run_pod("gone", "node-2").await;
    lab.syncer.take().expect("runs").stop().await;
    let pods = lab.world.tenant_api::<Pod>("default");
    pods.delete("gone", &DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() })
        .await
        .expect("is deleted");
    let options = Options { node_address: "127.0.0.2".to_owned(), ..lab.options.clone() };
    let syncer = lab.world.launch(options);
    syncer.ready().await;
    let address =
        |node: &Node| node.status.clone()?.addresses?.first().map(|address| address.address.clone());
    lab.until_node("the new address", "node-1", |node| address(node).as_deref() == Some("127.0.0.2")).await;
    lab.options.clock.pass(Duration::from_secs(60));
    until("the unused Node to go", &lab.nodes, "node-2", |node: Option<&Node>| node.is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_wider_role_nodes_are_made_of_their_names_after_all() {
    let world = World::start().await;
    let kinds = Kinds::default().with(optional("host-nodes").expect("an option")).expect("fits");
    let options = Options { kinds, ..world.options() };
    let lab = Lab::start(world, options).await;
    lab.make_ready("node-1", "False").await;
    lab.run_pod("web", "node-1").await;
    let node = lab.nodes.get("node-1").await.expect("is there");
    assert_eq!((readiness(&node), label(&node, "kubernetes.io/hostname")), (Some("True"), Some("node-1")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_follows_the_hosts() {
    let lab = Lab::following().await;
    let itself = json!({
        "metadata": {
            "labels": {"topology.kubernetes.io/zone": "z1", "kubernetes.io/arch": "arm64"}, "annotations": {"platform": "secret"},
        },
        "spec": {"taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]},
    });
    let status = json!({
        "capacity": {"cpu": "8", "example.com/gpu": "2"}, "allocatable": {"cpu": "7500m", "example.com/gpu": "2"},
        "nodeInfo": {
            "architecture": "arm64", "operatingSystem": "linux", "kubeletVersion": "v1.36.1", "machineID": "secret", "systemUUID": "",
            "bootID": "", "kernelVersion": "6.1", "osImage": "os", "containerRuntimeVersion": "c", "kubeProxyVersion": "",
        },
        "images": [{"names": ["others/image"]}],
    });
    lab.change_host("node-1", itself, status).await;
    lab.make_ready("node-1", "True").await;
    lab.run_pod("web", "node-1").await;
    let node = lab.nodes.get("node-1").await.expect("is there before its pod is bound");
    assert_eq!(label(&node, "topology.kubernetes.io/zone"), Some("z1"));
    assert_eq!(node.metadata.annotations.as_ref().and_then(|all| all.get("platform")), None);
    assert_eq!(
        (readiness(&node), taints(&node)),
        (Some("True"), vec!["gpu:NoSchedule".to_owned()]),
        "no taint of the tenant's own API server"
    );
    assert_eq!(port(&node), Some(i32::from(lab.options.kubelet_port)), "the syncer's, not the host's");
    let status = serde_json::to_value(&node.status).expect("JSON");
    assert_eq!(status["capacity"], json!({"cpu": "8", "example.com/gpu": "2"}));
    assert_eq!(status["allocatable"]["cpu"], "7500m");
    assert_eq!(
        (&status["nodeInfo"]["kubeletVersion"], &status["nodeInfo"]["machineID"]),
        (&json!("v1.36.1"), &json!(""))
    );
    assert_eq!(status.get("images"), None);

    let itself = json!({
        "metadata": {"labels": {"topology.kubernetes.io/zone": "z2", "kubernetes.io/arch": null}},
        "spec": {"taints": null, "unschedulable": true},
    });
    lab.change_host("node-1", itself, json!({"capacity": {"example.com/gpu": null}})).await;
    let node = lab
        .until_node("the change", "node-1", |node| {
            let capacity = node.status.as_ref().and_then(|status| status.capacity.as_ref());
            capacity.is_some_and(|capacity| !capacity.contains_key("example.com/gpu"))
                && node.spec.as_ref().is_some_and(|spec| spec.unschedulable == Some(true))
        })
        .await;
    assert_eq!(label(&node, "topology.kubernetes.io/zone"), Some("z2"));
    assert_eq!(label(&node, "kubernetes.io/arch"), None);
    // The API server's own admission adds a taint for the host's cordon, in the host, which is followed too.
    assert!(
        taints(&node).iter().all(|taint| taint.starts_with("node.kubernetes.io/")),
        "{:?}",
        taints(&node)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_not_ready_on_the_host_is_not_ready_in_the_tenant_and_its_lease_lapses() {
    let lab = Lab::following().await;
    create(&lab.host_nodes, json!({"metadata": {"name": "node-2"}})).await;
    for node in ["node-1", "node-2"] {
        lab.make_ready(node, "True").await;
        lab.run_pod(&format!("on-{node}"), node).await;
    }
    lab.make_ready("node-1", "Unknown").await;
    lab.until_node("the Node to be lost", "node-1", |node| readiness(node) == Some("Unknown")).await;
    let before = lab.renewed_at("node-1").await;
    // Twice, so that one whole round over all Nodes has passed.
    for _ in 0..2 {
        lab.pass_until_renewed("node-2").await;
    }
    assert_eq!(lab.renewed_at("node-1").await, before);

    lab.make_ready("node-1", "True").await;
    lab.until_node("the Node to be back", "node-1", |node| readiness(node) == Some("True")).await;
    lab.pass_until_renewed("node-1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_the_host_deletes_goes_and_one_that_returns_comes_back() {
    let lab = Lab::following().await;
    lab.make_ready("node-1", "True").await;
    lab.run_pod("web", "node-1").await;
    lab.host_nodes.delete("node-1", &DeleteParams::default()).await.expect("is deleted");
    until("the Node to go", &lab.nodes, "node-1", |node: Option<&Node>| node.is_none()).await;
    until("its lease to go", &lab.leases, "node-1", |lease: Option<&Lease>| lease.is_none()).await;
    create(&lab.host_nodes, json!({"metadata": {"name": "node-1", "labels": {"again": "yes"}}})).await;
    lab.until_node("the Node to come back", "node-1", |node| label(node, "again") == Some("yes")).await;
}
