//! The Node objects and their leases, as they are written.

use std::{collections::BTreeMap, net::Ipv4Addr};

use jiff::Timestamp;
use k8s_openapi::{
    api::{
        coordination::v1::{Lease, LeaseSpec},
        core::v1::{
            DaemonEndpoint, Node, NodeAddress, NodeCondition, NodeDaemonEndpoints, NodeStatus, NodeSystemInfo,
        },
    },
    apimachinery::pkg::{
        api::resource::Quantity,
        apis::meta::v1::{MicroTime, Time},
    },
};
use kube::{
    Api, Client,
    api::{ObjectMeta, Patch, PatchParams, PostParams},
};
use serde_json::json;
use tenantbench_syncer::client::granted;

use super::{NodeError, network::KUBELET_PORT};

/// Cores that a simulated node says it has.
pub(crate) const CPUS: u32 = 64;
/// Memory that a simulated node says it has.
pub(crate) const MEMORY_BYTES: u64 = 256 << 30;
/// Pods that a simulated node takes.
const PODS: u32 = 2000;

const LEASE_SECONDS: i32 = 40;
const LEASES: &str = "kube-node-lease";

/// Registers a node and declares it Ready. The right to do so may be new.
pub(super) async fn register(client: &Client, name: &str, address: Ipv4Addr) -> Result<(), NodeError> {
    let failed = |what: &str| {
        let what = format!("{what} node {name}");
        move |source| NodeError::Api { what, source: Box::new(source) }
    };
    let nodes = Api::<Node>::all(client.clone());
    let (params, node) = (PostParams::default(), node(name));
    match granted(|| nodes.create(&params, &node)).await {
        Ok(_) => {}
        Err(kube::Error::Api(status)) if status.code == 409 => {}
        Err(error) => return Err(failed("registration of")(error)),
    }
    declare(client, name, address).await.map_err(failed("the status of"))?;
    renew(client, name).await.map_err(failed("the lease of"))
}

/// Says how a node is: Ready.
pub(super) async fn declare(client: &Client, name: &str, address: Ipv4Addr) -> Result<(), kube::Error> {
    let patch = Patch::Merge(json!({ "status": status(address) }));
    Api::<Node>::all(client.clone()).patch_status(name, &PatchParams::default(), &patch).await.map(drop)
}

/// Renews the lease of a node.
pub(super) async fn renew(client: &Client, name: &str) -> Result<(), kube::Error> {
    let lease = Lease {
        metadata: ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() },
        spec: Some(LeaseSpec {
            holder_identity: Some(name.to_owned()),
            lease_duration_seconds: Some(LEASE_SECONDS),
            renew_time: Some(MicroTime(Timestamp::now())),
            ..LeaseSpec::default()
        }),
    };
    let leases = Api::<Lease>::namespaced(client.clone(), LEASES);
    match leases.patch(name, &PatchParams::default(), &Patch::Merge(&lease)).await {
        Err(kube::Error::Api(status)) if status.code == 404 => {
            leases.create(&PostParams::default(), &lease).await.map(drop)
        }
        done => done.map(drop),
    }
}

fn node(name: &str) -> Node {
    let labels = [
        ("kubernetes.io/hostname", name),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", arch()),
        ("tenantbench.dev/simulated", "true"),
    ];
    Node {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            labels: Some(labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into()),
            ..ObjectMeta::default()
        },
        ..Node::default()
    }
}

fn arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn status(address: Ipv4Addr) -> NodeStatus {
    let capacity = BTreeMap::from([
        ("cpu".to_owned(), Quantity(CPUS.to_string())),
        ("memory".to_owned(), Quantity(format!("{}Ki", MEMORY_BYTES >> 10))),
        ("pods".to_owned(), Quantity(PODS.to_string())),
        ("ephemeral-storage".to_owned(), Quantity("1Ti".to_owned())),
    ]);
    NodeStatus {
        // No Hostname address: the API server would try to resolve it first.
        addresses: Some(vec![NodeAddress { address: address.to_string(), type_: "InternalIP".into() }]),
        allocatable: Some(capacity.clone()),
        capacity: Some(capacity),
        conditions: Some(conditions()),
        daemon_endpoints: Some(NodeDaemonEndpoints {
            kubelet_endpoint: Some(DaemonEndpoint { port: i32::from(KUBELET_PORT) }),
        }),
        // Without it the API server translates WebSocket into SPDY, which these nodes do not speak.
        declared_features: Some(vec!["ExtendWebSocketsToKubelet".into()]),
        node_info: Some(NodeSystemInfo {
            architecture: arch().into(),
            container_runtime_version: format!("process://{}", env!("CARGO_PKG_VERSION")),
            kubelet_version: format!("v1.36.0+tenantbench-{}", env!("CARGO_PKG_VERSION")),
            operating_system: "linux".into(),
            os_image: "tenantbench simulated node".into(),
            ..NodeSystemInfo::default()
        }),
        ..NodeStatus::default()
    }
}

fn conditions() -> Vec<NodeCondition> {
    let now = Some(Time(Timestamp::now()));
    let condition = |kind: &str, status: &str, reason: &str| NodeCondition {
        type_: kind.into(),
        status: status.into(),
        reason: Some(reason.into()),
        last_heartbeat_time: now.clone(),
        last_transition_time: now.clone(),
        ..NodeCondition::default()
    };
    vec![
        condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
        condition("DiskPressure", "False", "KubeletHasNoDiskPressure"),
        condition("PIDPressure", "False", "KubeletHasSufficientPID"),
        condition("Ready", "True", "KubeletReady"),
    ]
}
