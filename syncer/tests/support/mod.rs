//! A real etcd and two real kube-apiservers, host and tenant, with nothing else running: what a controller, a scheduler
//! or a kubelet would do, a test does itself.

mod certificates;
mod egress;
mod kubectl;
mod kubelet;
mod mounting;
mod objects;
pub(crate) mod played_server;
mod ports;
mod prepare;
mod process;
mod program;
mod rights;
pub(crate) mod served;
mod streams;
mod waits;

use std::{path::PathBuf, time::Duration};

use kube::{Api, Client, Resource, config::AuthInfo};
use tenantbench_syncer::{
    client::{Purpose, client},
    clock::Clock,
    kinds::Kinds,
    kubelet::{NodeMetrics, Options as KubeletOptions},
    names::Names,
    run::{self, AnotherTenant, Health, Options},
    translate::pod::Rules,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

pub(crate) use kubectl::Kubectl;
pub(crate) use kubelet::HostKubelet;
pub(crate) use mounting::MountingNode;
pub(crate) use objects::{create, is_ready, pod};
pub(crate) use ports::free_port;
pub(crate) use prepare::prepare_namespace;
pub(crate) use program::SyncerProgram;
pub(crate) use streams::HostStreams;
pub(crate) use waits::{soon, until};

use prepare::{prepare_host, prepare_syncers_place};
use waits::until_ready;

/// The host namespace of the tenant.
pub(crate) const HOST_NAMESPACE: &str = "tenant-a";
/// The tenant's service range, and the host's.
pub(crate) const RANGE: &str = "10.96.0.0/16";
/// An address of the tenant's Nodes to which its API server proxies, other than loopback.
pub(crate) const TENANT_NODE_ADDRESS: &str = "10.250.0.1";
const ADMIN_TOKEN: &str = "admin-token-of-the-tests";

/// Two clusters. Their processes end with it.
pub(crate) struct World {
    /// The host's platform team.
    pub(crate) host: Client,
    /// The tenant's admin.
    pub(crate) tenant: Client,
    /// The syncer's own user on the host.
    pub(crate) syncer: Client,
    /// The names in use.
    pub(crate) names: Names,
    /// The addresses of the etcds, the host's first.
    pub(crate) etcds: Vec<String>,
    host_url: String,
    options: Options,
    processes: process::Processes,
    authority: certificates::Authority,
    egress: egress::Egress,
    folder: tempfile::TempDir,
}

/// The cluster of one tenant more.
pub(crate) struct OtherTenant {
    /// Its admin.
    pub(crate) admin: Client,
    /// A kubeconfig of its admin.
    pub(crate) kubeconfig: PathBuf,
}

/// A syncer that runs until it is stopped.
pub(crate) struct Running {
    stop: CancellationToken,
    health: Health,
    task: JoinHandle<()>,
}

impl Running {
    /// What it tells of itself.
    pub(crate) fn health(&self) -> Health {
        self.health.clone()
    }

    /// Waits until it is ready.
    pub(crate) async fn ready(&self) {
        soon("the syncer to be ready", self.health.ready()).await;
    }

    /// Stops it as SIGTERM would.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_secs(1), self.task)
            .await
            .expect("stops within a second")
            .expect("ends");
    }
}

impl World {
    /// Starts both clusters and makes what a plane's owner would: namespace, Role, Service.
    pub(crate) async fn start() -> Self {
        Self::start_on(&["etcd"]).await
    }

    /// The same with an etcd for each cluster: `host-etcd` and `tenant-etcd`.
    pub(crate) async fn start_apart() -> Self {
        Self::start_on(&["host-etcd", "tenant-etcd"]).await
    }

    async fn start_on(etcds: &[&str]) -> Self {
        let _ = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::from_default_env())
            .with_test_writer()
            .try_init();
        let folder = tempfile::tempdir().expect("a folder");
        let authority = certificates::Authority::new(folder.path());
        let mut processes = process::Processes::new(folder.path());
        let etcds: Vec<String> = etcds.iter().map(|name| processes.etcd(name)).collect();
        let egress = egress::Egress::start(folder.path());
        let node_port = free_port();
        let [host_url, tenant_url] =
            [("host", etcds.first()), ("tenant", etcds.last())].map(|(name, etcd)| {
                processes.api_server(name, etcd.expect("an etcd"), &authority, &egress.config)
            });
        let admin = |url: &str| config(url, &authority, ADMIN_TOKEN);
        let (host, tenant) = (make(admin(&host_url)), make(admin(&tenant_url)));
        for cluster in [&host, &tenant] {
            until_ready(cluster).await;
        }
        let token = prepare_host(&host).await;
        prepare_namespace(&tenant, "default").await;
        let names = Names::new("vc", HOST_NAMESPACE);
        let options = Options {
            names: names.clone(),
            host: config(&host_url, &authority, &token),
            tenant: admin(&tenant_url),
            service: "vc".to_owned(),
            owner: Some("configmap/plane".parse().expect("an owner")),
            node_address: "127.0.0.1".to_owned(),
            kubelet_port: node_port,
            kubelet: Some(KubeletOptions {
                listen: ([127, 0, 0, 1], node_port).into(),
                certificate: authority.server_certificate(),
                key: authority.server_key(),
                client_authority: authority.file(),
            }),
            node_metrics: NodeMetrics::Off,
            classes: String::new(),
            service_cidr: Some(RANGE.to_owned()),
            endpoints: run::Endpoints::Auto,
            another_tenant: AnotherTenant::default(),
            pods: Rules::default(),
            clock: Clock::default(),
            election: None,
            kinds: Kinds::default(),
            custom: Vec::new(),
        };
        let syncer = make(options.host.clone());
        Self { host, tenant, syncer, names, etcds, host_url, options, processes, authority, egress, folder }
    }

    /// Starts the cluster of one tenant more (`NAME-apiserver`), with the host namespace `tenant-NAME`, in which the syncer
    /// has its Role.
    pub(crate) async fn another_tenant(&mut self, name: &str) -> OtherTenant {
        let etcd = self.etcds.last().expect("an etcd");
        let url = self.processes.api_server(name, etcd, &self.authority, &self.egress.config);
        let config = config(&url, &self.authority, ADMIN_TOKEN);
        let admin = make(config.clone());
        until_ready(&admin).await;
        prepare_namespace(&admin, "default").await;
        self.host_namespace(&format!("tenant-{name}")).await;
        let kubeconfig = program::kubeconfig(self.folder.path(), name, &config);
        OtherTenant { admin, kubeconfig }
    }

    /// A kubeconfig with which the tenant that is played at `url` is reached.
    pub(crate) fn kubeconfig_of(&self, name: &str, url: &str) -> PathBuf {
        program::kubeconfig(self.folder.path(), name, &config(url, &self.authority, ADMIN_TOKEN))
    }

    /// Makes a namespace of the host in which the syncer has its Role, for one tenant more.
    pub(crate) async fn host_namespace(&self, namespace: &str) {
        prepare_namespace(&self.host, namespace).await;
        prepare_syncers_place(&self.host, namespace).await;
    }

    /// A kubeconfig of the tenant's admin.
    pub(crate) fn tenant_kubeconfig(&self) -> PathBuf {
        program::kubeconfig(self.folder.path(), "tenant", &self.options.tenant)
    }

    /// Starts a syncer and waits until it is ready.
    pub(crate) async fn syncer(&self) -> Running {
        let syncer = self.launch(self.options.clone());
        syncer.ready().await;
        syncer
    }

    /// Starts a syncer.
    pub(crate) fn launch(&self, options: Options) -> Running {
        let (stop, health) = (CancellationToken::new(), Health::default());
        let running = run::run(options, health.clone(), stop.clone());
        let task = tokio::spawn(async move { running.await.expect("the syncer runs") });
        Running { stop, health, task }
    }

    /// What the syncer is told.
    pub(crate) fn options(&self) -> Options {
        self.options.clone()
    }

    /// Starts the host's controllers of endpoints.
    pub(crate) fn start_host_controllers(&mut self) {
        let names = "endpoints-controller,endpointslice-controller,endpointslice-mirroring-controller";
        self.processes.controllers(&self.host_url, names);
    }

    /// Starts the tenant's controllers of claims and volumes, which most planes do without.
    pub(crate) fn start_tenant_binder(&mut self) {
        let names = "persistentvolume-binder-controller,persistentvolume-protection-controller,\
                     persistentvolumeclaim-protection-controller";
        let url = self.options.tenant.cluster_url.to_string();
        self.processes.controllers(url.trim_end_matches('/'), names);
    }

    /// Starts the host's garbage collector.
    pub(crate) fn start_host_garbage_collector(&mut self) {
        self.processes.controllers(&self.host_url, "garbage-collector-controller");
    }

    /// The programs of both clusters: etcds as they were started, `host-apiserver` and `tenant-apiserver`.
    pub(crate) fn processes(&mut self) -> &mut process::Processes {
        &mut self.processes
    }

    /// Where everything of this world is kept: a folder per program, certificates, logs.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Kills the tenant's API server.
    pub(crate) fn stop_tenant(&mut self) {
        self.processes.stop("tenant-apiserver");
    }

    /// Starts it again, at the same address.
    pub(crate) fn start_tenant(&mut self) {
        self.processes.start_again("tenant-apiserver");
    }

    /// Waits until the tenant's API server answers.
    pub(crate) async fn until_tenant_answers(&self) {
        until_ready(&self.tenant).await;
    }

    /// Kills the host's API server and waits until another answers in its place.
    pub(crate) async fn host_starts_again(&mut self) {
        self.processes.stop("host-apiserver");
        self.processes.start_again("host-apiserver");
        until_ready(&self.host).await;
    }

    /// A caller of the syncer's kubelet endpoint, with the API server's certificate or none.
    pub(crate) fn kubelet_caller(&self, has_certificate: bool) -> Client {
        let mut config = self.options.tenant.clone();
        config.cluster_url =
            format!("https://127.0.0.1:{}", self.options.kubelet_port).parse().expect("an address");
        config.auth_info = AuthInfo::default();
        if has_certificate {
            let file = |name: &str| self.folder.path().join(name).to_str().map(str::to_owned);
            config.auth_info.client_certificate = file("client.crt");
            config.auth_info.client_key = file("client.key");
        }
        client(config, Purpose::Upgrades).expect("a client")
    }

    /// The tenant's admin, for exec.
    pub(crate) fn tenant_upgrades(&self) -> Client {
        client(self.options.tenant.clone(), Purpose::Upgrades).expect("a client")
    }

    /// The tenant's objects of a namespace.
    pub(crate) fn tenant_api<K>(&self, namespace: &str) -> Api<K>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.tenant.clone(), namespace)
    }

    /// The tenant's objects on the host.
    pub(crate) fn host_api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.host.clone(), HOST_NAMESPACE)
    }

    /// Serves the kubelet's endpoint of the host's `node-1`, and makes that Node.
    pub(crate) async fn host_node(&self) -> HostStreams {
        let streams = HostStreams::start(self.folder.path()).await;
        streams.make_node(&self.host, "node-1", true).await;
        streams
    }

    /// The same, of a kubelet that leaves WebSocket to its API server.
    pub(crate) async fn host_node_without_websockets(&self) -> HostStreams {
        let streams = HostStreams::start(self.folder.path()).await;
        streams.make_node(&self.host, "node-1", false).await;
        streams
    }

    /// The real kubectl, as the tenant's admin.
    pub(crate) fn kubectl(&self) -> Kubectl {
        Kubectl::new(&self.options.tenant.cluster_url, self.folder.path())
    }

    /// Plays scheduler and kubelet on the host, without any delay.
    pub(crate) fn host_kubelet(&self) -> HostKubelet {
        self.host_kubelet_in(HOST_NAMESPACE)
    }

    /// The same in this namespace.
    pub(crate) fn host_kubelet_in(&self, namespace: &str) -> HostKubelet {
        HostKubelet::start(Api::namespaced(self.host.clone(), namespace), 8)
    }

    /// A node of its own for the pods of this namespace, which begins them one after the other and mounts what they name.
    pub(crate) fn host_node_in(&self, namespace: &str) -> MountingNode {
        MountingNode::start(&self.host, namespace)
    }
}

/// Makes the certificates of a test in `folder`, for servers that are none of a world's.
pub(crate) fn authority_in(folder: &std::path::Path) {
    certificates::Authority::new(folder);
}

fn config(url: &str, authority: &certificates::Authority, token: &str) -> kube::Config {
    let mut config = kube::Config::new(url.parse().expect("an address"));
    config.root_cert = Some(vec![authority.der()]);
    config.auth_info = AuthInfo { token: Some(token.to_owned().into()), ..AuthInfo::default() };
    config
}

fn make(config: kube::Config) -> Client {
    client(config, Purpose::Requests).expect("a client")
}
