//! The seam to the simulated nodes and their network.

use std::{
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    sync::Arc,
    time::Duration,
};

use k8s_openapi::api::rbac::v1::PolicyRule;
use kube::config::Kubeconfig;
use tenantbench_syncer::client::{Purpose, client, from_kubeconfig};

use super::local::LocalConfig;
use crate::{
    host::{HostError, control_plane::API_SERVER_ADDRESS, pki::ClusterPki},
    node::{self, ApiServerAddress, BackoffPolicy, ImageMap, NetworkConfig, NodesConfig, PodIsolation},
    process::Spawner,
};

/// How long a Service may take to have an endpoint.
const FORWARD_LIMIT: Duration = Duration::from_secs(60);

/// The network that pods and Services live in. It serves the egress socket, so it starts before the API server.
#[derive(Clone, Debug)]
pub(super) struct Network(node::Network);

/// The simulated nodes of the host.
#[derive(Clone, Debug)]
pub(super) struct Nodes(Arc<node::Nodes>);

impl Network {
    /// Starts the network's helper processes and serves the egress socket.
    pub(super) async fn start(config: &LocalConfig, spawner: &Spawner) -> Result<Self, HostError> {
        let mut network = NetworkConfig::new(&config.executable, &config.folder.egress_socket());
        network.service_cidr = config.blueprint.service_cidr;
        Ok(Self(node::Network::start(network, spawner).await.map_err(nodes_error)?))
    }

    /// Whether the egress socket is served.
    pub(super) fn egress(&self) -> bool {
        true
    }

    /// How process pods are kept apart.
    pub(super) fn isolation(&self) -> &PodIsolation {
        self.0.isolation()
    }

    /// Returns when the process that holds the pods' network has ended.
    pub(super) async fn router_ended(&self) {
        self.0.router_ended().await;
    }

    /// Ends the helper processes.
    pub(super) async fn stop(&self) {
        self.0.stop().await;
    }
}

impl Nodes {
    /// What the user of `nodes.kubeconfig` must be allowed to do.
    pub(super) fn rules() -> Vec<PolicyRule> {
        node::node_rules()
    }

    /// Registers the nodes and runs what is bound to them.
    pub(super) async fn start(
        network: &Network,
        config: &LocalConfig,
        kubeconfig: Kubeconfig,
        api_server_port: u16,
        pki: &ClusterPki,
    ) -> Result<Self, HostError> {
        let failed = |error: &dyn std::error::Error| HostError::Nodes(error.to_string());
        let access = from_kubeconfig(kubeconfig).await.map_err(|error| failed(&error))?;
        let streams = Purpose::Watches { streams: node::WATCHES };
        let nodes = NodesConfig {
            count: config.blueprint.nodes,
            ready_delay: config.blueprint.ready_delay,
            images: images(config),
            api_server: ApiServerAddress {
                advertised: SocketAddrV4::new(API_SERVER_ADDRESS, api_server_port),
                local: SocketAddrV4::new(Ipv4Addr::LOCALHOST, api_server_port),
            },
            folder: config.folder.join("pods"),
            restart: BackoffPolicy::default(),
        };
        let client = client(access, streams).map_err(|error| failed(&error))?;
        let nodes = node::Nodes::start(&network.0, nodes, client, &pki.cluster).await;
        Ok(Self(Arc::new(nodes.map_err(nodes_error)?)))
    }

    /// How many nodes the API will show.
    pub(super) fn count(&self) -> u32 {
        self.0.count()
    }

    /// Opens a way from this machine to a port of a Service.
    pub(super) async fn forward(
        &self,
        namespace: &str,
        service: &str,
        port: u16,
    ) -> Result<SocketAddr, HostError> {
        self.0.forward(namespace, service, port, FORWARD_LIMIT).await.map_err(nodes_error)
    }

    /// Stops all pods, gracefully where they let us.
    pub(super) async fn stop(&self) {
        self.0.stop().await;
    }
}

/// The images of a tenant's control plane, and tenantbench itself.
fn images(config: &LocalConfig) -> ImageMap {
    let binaries = &config.blueprint.binaries;
    ImageMap::new()
        .with("registry.k8s.io/kube-apiserver", &binaries.api_server)
        .with("registry.k8s.io/kube-controller-manager", &binaries.controller_manager)
        .with("registry.k8s.io/etcd", &binaries.etcd)
        .with("tenantbench.dev/tenantbench", &config.executable)
}

fn nodes_error(error: node::NodeError) -> HostError {
    HostError::Nodes(error.to_string())
}
