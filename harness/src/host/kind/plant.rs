//! A kind cluster from its network to its last container: comes up step by step, and can be taken down after any.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};

use k8s_openapi::api::core::v1::Node;
use kube::{Api, Client, api::ListParams, config::Kubeconfig};
use tenantbench_reports::HostReady;
use tenantbench_syncer::client::{self, ClientError, Purpose};
use tokio::time::Instant;

use super::{
    Collector, Docker, Forwards, KindBlueprint, NodeImage, config,
    creation::Creation,
    docker::{Engine, Guest},
    names::RUN_LABEL,
    sweep,
    watch::NodeWatch,
};
use crate::{
    assets::versions,
    host::{
        HostError, HostKind,
        control_plane::audit_policy,
        folder::RunFolder,
        supervisor::{
            Event, Output,
            ready::{self, within},
        },
    },
    image::{Image, node::give},
};

/// The folder in the run folder that the API server's node sees.
const AUDIT: &str = "audit";

/// A cluster, as far as it has come.
#[derive(Debug)]
pub(in crate::host) struct KindPlant {
    folder: RunFolder,
    limit: Duration,
    blueprint: KindBlueprint,
    output: Output,
    creation: Option<Creation>,
    nodes: Vec<String>,
    watch: Option<NodeWatch>,
    access: Option<Access>,
    /// The digest of our own image, once the nodes hold it.
    image: String,
}

/// The way into a cluster that serves its API.
struct Access {
    client: Client,
    forwards: Forwards,
    server: String,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("server", &self.server).finish_non_exhaustive()
    }
}

impl KindPlant {
    pub(in crate::host) fn new(
        folder: RunFolder,
        limit: Duration,
        blueprint: KindBlueprint,
        output: Output,
    ) -> Self {
        let nodes = Vec::new();
        Self {
            folder,
            limit,
            blueprint,
            output,
            creation: None,
            nodes,
            watch: None,
            access: None,
            image: String::new(),
        }
    }

    /// Brings the cluster up. On failure, and when dropped half-way, what runs already is still known to `stop`.
    pub(in crate::host) async fn start(&mut self) -> Result<HostReady, HostError> {
        let begun = Instant::now();
        let (deadline, limit) = (begun + self.limit, self.limit);
        let engine = Docker.engine().await?;
        engine.has_room_for(Guest::Cluster)?;
        // What a killed run of the same name left would be in the way.
        sweep::remove(&self.blueprint.cluster).await?;
        within(deadline, limit, "kind does not finish", self.create()).await?;
        self.watch_nodes().await?;
        let client = self.connect().await?;
        let api_ready = begun.elapsed();
        self.output.say(&Event::ApiReady);
        self.output.progress("waiting for nodes, DNS and the default service account");
        let waiting_for = "nodes or the cluster's own pods are not Ready";
        let (populated, given) =
            tokio::join!(within(deadline, limit, waiting_for, self.populated(&client)), self.give_image());
        populated?;
        self.image = given?;
        self.facts(&client, &engine, api_ready, begun.elapsed()).await
    }

    async fn create(&mut self) -> Result<(), HostError> {
        let cluster = &self.blueprint.cluster;
        let label = format!("{RUN_LABEL}={cluster}");
        Docker.run(["network", "create", "--label", &label, cluster]).await?;
        let config = self.write_files()?;
        let kubeconfig = self.folder.admin_kubeconfig();
        let creation = self.creation.insert(Creation::start(&self.blueprint, &config, &kubeconfig)?);
        let output = self.output.clone();
        creation.finished(&self.folder, |step| output.progress(step)).await?;
        self.creation = None;
        Ok(())
    }

    /// Writes what kind and the API server read.
    fn write_files(&self) -> Result<PathBuf, HostError> {
        let context = || HostError::io("cannot prepare the cluster");
        let audit = self.folder.join(AUDIT);
        fs_err::create_dir_all(&audit).map_err(context())?;
        let policy = audit_policy().to_string();
        self.folder.write_secret("audit/policy.json", &policy).map_err(context())?;
        // Made here, so that it is ours to read whoever the API server is.
        self.folder.write_secret("audit/audit.log", "").map_err(context())?;
        let config = config::configuration(self.blueprint.profile, &audit)?;
        self.folder.write_secret("kind.json", &config.to_string()).map_err(context())
    }

    async fn watch_nodes(&mut self) -> Result<(), HostError> {
        self.nodes = sweep::containers(&self.blueprint.cluster).await?;
        self.watch = Some(NodeWatch::start(self.nodes.clone()));
        Ok(())
    }

    async fn connect(&mut self) -> Result<Client, HostError> {
        let path = self.folder.admin_kubeconfig();
        let unusable = |reason: String| HostError::Kubeconfig { path: path.clone(), reason };
        let kubeconfig = Kubeconfig::read_from(&path).map_err(|error| unusable(error.to_string()))?;
        let server = kubeconfig.clusters.first().and_then(|cluster| cluster.cluster.as_ref()?.server.clone());
        let config = client::from_kubeconfig(kubeconfig).await;
        let config = config.map_err(|error| unusable(error.to_string()))?;
        let wrong = |error: ClientError| unusable(error.to_string());
        let client = client::client(config.clone(), Purpose::Requests).map_err(wrong)?;
        let upgrades = client::client(config, Purpose::Upgrades).map_err(wrong)?;
        let forwards = Forwards::new(client.clone(), upgrades);
        self.access = Some(Access { client: client.clone(), forwards, server: server.unwrap_or_default() });
        Ok(client)
    }

    /// Waits until a user finds what a cluster must have, or a node ends.
    async fn populated(&self, client: &Client) -> Result<(), HostError> {
        let all = async {
            let count = self.nodes.len() as u32;
            tokio::try_join!(
                ready::nodes(client, count),
                ready::leases(client, count),
                ready::control_plane(client),
                ready::default_service_account(client),
                ready::workloads(client),
            )
        };
        tokio::select! {
            failure = self.failure() => Err(failure),
            done = all => done.map(drop),
        }
    }

    /// Gives every node the image of this program, and returns its digest.
    async fn give_image(&self) -> Result<String, HostError> {
        let image = tokio::task::spawn_blocking(Image::of_this_program).await;
        let image =
            image.map_err(|error| HostError::io("cannot make the image of tenantbench")(error.into()))??;
        let given = futures::future::try_join_all(self.nodes.iter().map(|node| give(node, &image))).await?;
        for (node, given) in self.nodes.iter().zip(given) {
            tracing::info!(node, ?given, digest = image.digest(), "the image of tenantbench");
        }
        Ok(image.digest().to_owned())
    }

    async fn facts(
        &self,
        client: &Client,
        engine: &Engine,
        api_ready: Duration,
        ready: Duration,
    ) -> Result<HostReady, HostError> {
        let nodes = Api::<Node>::all(client.clone()).list(&ListParams::default()).await;
        let nodes = nodes.map_err(HostError::api("list the nodes"))?.items;
        let image = self.blueprint.image.reference();
        let id = Docker.image_id(image).await?.unwrap_or_default();
        let mut versions = node_versions(&nodes);
        versions.insert("docker".into(), engine.server_version.clone());
        versions.insert("kind".into(), versions::KIND.into());
        versions.insert("node-image".into(), format!("{image} ({id})"));
        versions.insert("tenantbench-image".into(), self.image.clone());
        versions.insert("cgroup".into(), format!("v{}", engine.cgroup_version));
        Ok(HostReady {
            kind: HostKind::Kind.as_str().into(),
            only_for: None,
            api_ready_seconds: api_ready.as_secs_f64(),
            ready_seconds: ready.as_secs_f64(),
            nodes: "real".into(),
            node_count: nodes.len() as u32,
            node_ready_delay_seconds: None,
            pod_isolation: "containers".into(),
            versions,
            cannot_show: cannot_show(&self.blueprint.image, nodes.len()),
        })
    }

    /// The containers that are nodes, once there are any.
    pub(in crate::host) fn nodes(&self) -> &[String] {
        &self.nodes
    }

    /// The API server's address for programs on this machine.
    pub(in crate::host) fn api_server(&self) -> &str {
        self.access.as_ref().map_or("", |access| &access.server)
    }

    /// The run's folder.
    pub(in crate::host) fn folder(&self) -> &RunFolder {
        &self.folder
    }

    /// Where the API server's audit log grows.
    pub(in crate::host) fn audit_log(&self) -> PathBuf {
        self.folder.join(AUDIT).join("audit.log")
    }

    /// Ways to Services; none before the API is served.
    pub(in crate::host) fn forwards(&self) -> Option<Forwards> {
        self.access.as_ref().map(|access| access.forwards.clone())
    }

    /// Saves logs, as far as there are any.
    pub(in crate::host) fn collector(&self) -> Collector {
        let client = self.access.as_ref().map(|access| access.client.clone());
        Collector::new(&self.blueprint.cluster, client)
    }

    /// Waits until a node ends, and says how. Never returns while all run.
    pub(in crate::host) async fn failure(&self) -> HostError {
        match &self.watch {
            Some(watch) => watch.failure().await,
            None => std::future::pending().await,
        }
    }

    /// Removes everything. Returns what was removed, a line each.
    ///
    /// # Errors
    /// When Docker refuses.
    pub(in crate::host) async fn stop(&mut self) -> Result<Vec<String>, HostError> {
        if let Some(creation) = self.creation.take() {
            creation.end(&self.folder).await;
        }
        self.watch = None;
        if let Some(access) = self.access.take() {
            access.forwards.close_all();
        }
        Ok(sweep::remove(&self.blueprint.cluster).await?)
    }
}

/// What the nodes say they run; several versions of one thing are all named.
fn node_versions(nodes: &[Node]) -> BTreeMap<String, String> {
    let infos = nodes.iter().filter_map(|node| node.status.as_ref()?.node_info.as_ref());
    let mut all: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for info in infos {
        all.entry("kubelet").or_default().insert(info.kubelet_version.clone());
        all.entry("container-runtime").or_default().insert(info.container_runtime_version.clone());
        all.entry("kernel").or_default().insert(info.kernel_version.clone());
        all.entry("node-os").or_default().insert(info.os_image.clone());
    }
    let joined = |versions: BTreeSet<String>| versions.into_iter().collect::<Vec<_>>().join(", ");
    all.into_iter().map(|(name, versions)| (name.to_owned(), joined(versions))).collect()
}

fn cannot_show(image: &NodeImage, nodes: usize) -> Vec<String> {
    let mut sentences = vec![
        "Nodes are containers of one machine: they share its cores, its disk and its kernel.".to_owned(),
    ];
    if matches!(image, NodeImage::Built(_)) {
        sentences.push("The node image has no engine for network policies: they are not enforced.".into());
        if nodes > 1 {
            sentences
                .push("Volumes are folders of one node: a pod on another node finds its claim empty.".into());
        }
    }
    sentences
}
