//! A host of processes from its first file to its last: comes up step by step, and can be taken down after any of them.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, RoleRef, Subject};
use kube::{Api, Client, api::PostParams, core::ObjectMeta};
use tenantbench_reports::HostReady;
use tokio::time::Instant;

use super::{
    Event,
    control_plane::{Servers, lost_its_port},
    nodes::{Network, Nodes},
    output::Output,
    ready::{self, within},
};
use crate::{
    host::{
        HostError, HostKind, LocalBlueprint,
        control_plane::{API_SERVER_ADDRESS, Files, Ports, Settings, api_server_url, kubeconfigs},
        folder::RunFolder,
        pki::{ClusterPki, NODES_USER},
        ports::free_ports,
    },
    node::PodIsolation,
    process::Spawner,
};

/// How often other ports are tried when somebody takes one of ours.
const PORT_ATTEMPTS: usize = 4;

/// What the supervisor's configuration says of a host of processes.
#[derive(Clone, Debug)]
pub(super) struct LocalConfig {
    pub(super) folder: RunFolder,
    pub(super) executable: PathBuf,
    pub(super) start_timeout: Duration,
    pub(super) blueprint: LocalBlueprint,
}

/// What runs, as far as it has come.
#[derive(Debug)]
pub(super) struct LocalPlant {
    config: LocalConfig,
    spawner: Spawner,
    output: Output,
    network: Option<Network>,
    pub(super) servers: Servers,
    pub(super) nodes: Option<Nodes>,
    pub(super) api_server: String,
}

impl LocalPlant {
    pub(super) fn new(config: LocalConfig, spawner: Spawner, output: Output) -> Self {
        Self {
            config,
            spawner,
            output,
            network: None,
            servers: Servers::default(),
            nodes: None,
            api_server: String::new(),
        }
    }

    /// Brings the host up. On failure, and when dropped half-way, what runs already is still known to `stop`.
    pub(super) async fn start(&mut self) -> Result<HostReady, HostError> {
        let begun = Instant::now();
        let limit = self.config.start_timeout;
        let network = Network::start(&self.config, &self.spawner).await?;
        self.network = Some(network.clone());
        let pki = ClusterPki::new(&self.api_server_addresses())?;
        let settings = self.serve_api(&network, &pki, begun + limit).await?;
        let api_ready = begun.elapsed();
        self.output.say(&Event::ApiReady);

        self.output.progress("waiting for nodes and the default service account");
        let client = self.admin(&settings, &pki).await?;
        let waiting_for = "nodes do not register";
        let nodes = self.start_nodes(&client, &network, &settings, &pki);
        let nodes = within(begun + limit, limit, waiting_for, nodes).await?;
        self.nodes = Some(nodes.clone());
        let waiting_for = "nodes are not Ready, or there is no default service account";
        within(begun + limit, limit, waiting_for, self.populated(&client, nodes.count())).await?;
        Ok(self.facts(api_ready, begun.elapsed(), nodes.count()))
    }

    fn api_server_addresses(&self) -> Vec<std::net::Ipv4Addr> {
        self.config.blueprint.service_cidr.nth(1).into_iter().chain([API_SERVER_ADDRESS]).collect()
    }

    /// Starts etcd and the API server, on other ports if theirs are taken, and waits until the API serves.
    async fn serve_api(
        &mut self,
        network: &Network,
        pki: &ClusterPki,
        deadline: Instant,
    ) -> Result<Settings, HostError> {
        let mut attempt = 1;
        loop {
            let [etcd, api_server] = free_ports().map_err(HostError::Ports)?;
            let settings = Settings {
                service_cidr: self.config.blueprint.service_cidr,
                ports: Ports { etcd, api_server },
                egress: network.egress(),
            };
            match self.try_serve_api(pki, &settings, deadline).await {
                Err(error) if lost_its_port(&error) && attempt < PORT_ATTEMPTS => {
                    tracing::warn!(%error, "a port was taken; trying others");
                    self.output.progress("a port was taken; trying others");
                    self.servers.stop().await;
                    self.servers = Servers::default();
                    remove_if_there(&self.config.folder.join("data"))?;
                    attempt += 1;
                }
                Err(error) => return Err(error),
                Ok(()) => return Ok(settings),
            }
        }
    }

    async fn try_serve_api(
        &mut self,
        pki: &ClusterPki,
        settings: &Settings,
        deadline: Instant,
    ) -> Result<(), HostError> {
        let files = Files::write(&self.config.folder, pki, settings)?;
        self.api_server = api_server_url(settings);
        self.output.progress("starting etcd and kube-apiserver");
        self.servers.start_api(&self.spawner, &self.config, &files, settings).await?;
        let client = self.admin(settings, pki).await?;
        let limit = self.config.start_timeout;
        tokio::select! {
            failure = self.servers.failure() => Err(failure),
            served = within(deadline, limit, "kube-apiserver does not serve", async { ready::api(&client).await; Ok(()) }) => served,
        }?;
        self.servers.start_controllers(&self.spawner, &self.config, &files, settings).await
    }

    async fn start_nodes(
        &self,
        client: &Client,
        network: &Network,
        settings: &Settings,
        pki: &ClusterPki,
    ) -> Result<Nodes, HostError> {
        allow_nodes(client).await?;
        let [_, _, _, (_, kubeconfig)] = kubeconfigs(pki, settings);
        Nodes::start(network, &self.config, kubeconfig, settings.ports.api_server, pki).await
    }

    /// Waits until a user finds what a cluster must have, or a server dies.
    async fn populated(&self, client: &Client, node_count: u32) -> Result<(), HostError> {
        let all = async {
            tokio::try_join!(ready::nodes(client, node_count), ready::default_service_account(client))
        };
        tokio::select! {
            failure = self.servers.failure() => Err(failure),
            done = all => done.map(drop),
        }
    }

    async fn admin(&self, settings: &Settings, pki: &ClusterPki) -> Result<Client, HostError> {
        let [(_, kubeconfig), ..] = kubeconfigs(pki, settings);
        ready::client(&kubeconfig, &self.config.folder.admin_kubeconfig()).await
    }

    fn facts(&self, api_ready: Duration, ready: Duration, node_count: u32) -> HostReady {
        let isolation = self.network.as_ref().map(Network::isolation);
        HostReady {
            kind: HostKind::Local.as_str().into(),
            only_for: None,
            api_ready_seconds: api_ready.as_secs_f64(),
            ready_seconds: ready.as_secs_f64(),
            nodes: "simulated".into(),
            node_count,
            node_ready_delay_seconds: Some(self.config.blueprint.ready_delay.as_secs_f64()),
            pod_isolation: isolation.map_or("none", PodIsolation::as_str).into(),
            versions: BTreeMap::new(),
            cannot_show: cannot_show(isolation),
        }
    }

    /// The run's folder.
    pub(super) fn folder(&self) -> &RunFolder {
        &self.config.folder
    }

    /// Waits until a server or the pods' router ends, and says how. Never returns while all run.
    pub(super) async fn failure(&self) -> HostError {
        let router_ended = async {
            match &self.network {
                Some(network) => network.router_ended().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            error = self.servers.failure() => error,
            () = router_ended => HostError::RouterDied,
        }
    }

    /// Takes down what runs, pods first. Returns what was stopped, a line each.
    pub(super) async fn stop(&mut self) -> Vec<String> {
        if let Some(nodes) = self.nodes.take() {
            nodes.stop().await;
        }
        if let Some(network) = self.network.take() {
            network.stop().await;
        }
        std::mem::take(&mut self.servers).stop().await
    }
}

fn cannot_show(isolation: Option<&PodIsolation>) -> Vec<String> {
    let mut sentences = vec![
        "Nodes are simulated: image pulls, container start and kubelet memory are not in the figures."
            .to_owned(),
        "etcd runs without fsync: writes are faster than on a real disk.".to_owned(),
        "No CNI and no DNS: network policies are not enforced and names do not resolve.".to_owned(),
    ];
    if let Some(PodIsolation::None { reason }) = isolation {
        sentences
            .push(format!("Pods are not isolated, they share this machine's network and files: {reason}."));
    }
    sentences
}

fn remove_if_there(path: &std::path::Path) -> Result<(), HostError> {
    match fs_err::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(HostError::io("cannot clear the run folder")(error))
        }
        _ => Ok(()),
    }
}

/// Gives the nodes' user the rights it needs, and no more.
async fn allow_nodes(client: &Client) -> Result<(), HostError> {
    let metadata = || ObjectMeta { name: Some(NODES_USER.into()), ..ObjectMeta::default() };
    let role = ClusterRole { metadata: metadata(), rules: Some(Nodes::rules()), aggregation_rule: None };
    let binding = ClusterRoleBinding {
        metadata: metadata(),
        role_ref: RoleRef {
            api_group: Some("rbac.authorization.k8s.io".into()),
            kind: "ClusterRole".into(),
            name: NODES_USER.into(),
        },
        subjects: Some(vec![Subject {
            api_group: Some("rbac.authorization.k8s.io".into()),
            kind: "User".into(),
            name: NODES_USER.into(),
            namespace: None,
        }]),
    };
    let options = PostParams::default();
    let role = async { Api::all(client.clone()).create(&options, &role).await.map(drop) };
    let binding = async { Api::all(client.clone()).create(&options, &binding).await.map(drop) };
    tokio::try_join!(role, binding).map_err(HostError::api("grant the nodes their role"))?;
    Ok(())
}
