//! The seam to the simulated nodes and their network.

use std::{net::SocketAddr, sync::Arc};

use k8s_openapi::api::rbac::v1::PolicyRule;
use kube::config::Kubeconfig;

use super::Config;
use crate::{
    host::{HostError, pki::ClusterPki},
    process::Spawner,
};

/// The network that pods and Services live in. It serves the egress socket, so it starts before the API server.
#[derive(Clone, Debug)]
pub(super) struct Network {
    isolation: Arc<str>,
}

/// The simulated nodes of the host.
#[derive(Clone, Debug)]
pub(super) struct Nodes {}

impl Network {
    /// Starts the network's helper processes and serves the egress socket.
    pub(super) async fn start(_config: &Config, _spawner: &Spawner) -> Result<Self, HostError> {
        Ok(Self { isolation: "none".into() })
    }

    /// Whether the egress socket is served.
    pub(super) fn egress(&self) -> bool {
        false
    }

    /// How process pods are kept apart: `namespaces` or `none`.
    pub(super) fn isolation(&self) -> &str {
        &self.isolation
    }

    /// Ends the helper processes.
    pub(super) async fn stop(&self) {}
}

impl Nodes {
    /// What the user of `nodes.kubeconfig` must be allowed to do.
    pub(super) fn rules() -> Vec<PolicyRule> {
        Vec::new()
    }

    /// Registers the nodes and runs what is bound to them.
    pub(super) async fn start(
        _network: &Network,
        _config: &Config,
        _kubeconfig: Kubeconfig,
        _api_server_port: u16,
        _pki: &ClusterPki,
    ) -> Result<Self, HostError> {
        Ok(Self {})
    }

    /// How many nodes the API will show.
    pub(super) fn count(&self) -> u32 {
        0
    }

    /// Opens a way from this machine to a port of a Service.
    pub(super) async fn forward(
        &self,
        _namespace: &str,
        _service: &str,
        _port: u16,
    ) -> Result<SocketAddr, HostError> {
        Err(HostError::Nodes("no nodes on this host".into()))
    }

    /// Stops all pods, gracefully where they let us.
    pub(super) async fn stop(&self) {}
}
