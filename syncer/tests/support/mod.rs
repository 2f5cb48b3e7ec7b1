//! A real etcd and two real kube-apiservers, host and tenant, with nothing else running: what a controller, a scheduler
//! or a kubelet would do, a test does itself.

mod certificates;
mod egress;
mod kubectl;
mod kubelet;
mod process;
mod program;
pub(crate) mod served;
mod streams;

use std::{
    net::TcpListener,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use k8s_openapi::api::{
    authentication::v1::TokenRequest,
    authorization::v1::SelfSubjectAccessReview,
    core::v1::{ConfigMap, Namespace, Pod, Service, ServiceAccount},
    rbac::v1::{ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding},
};
use kube::{
    Api, Client, Resource,
    api::{DeleteParams, Patch, PatchParams, PostParams},
    config::AuthInfo,
    runtime::wait::{Condition, await_condition},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tenantbench_syncer::{
    client::{Purpose, client},
    clock::Clock,
    kinds::{Kinds, TABLE},
    kubelet::{NodeMetrics, Options as KubeletOptions},
    names::Names,
    role::{lack, role_rules, rules},
    run::{self, AnotherTenant, Health, Options},
    translate::pod::Rules,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

pub(crate) use kubectl::Kubectl;
pub(crate) use kubelet::HostKubelet;
pub(crate) use program::SyncerProgram;
pub(crate) use streams::HostStreams;

/// The host namespace of the tenant.
pub(crate) const HOST_NAMESPACE: &str = "tenant-a";
/// The tenant's service range, and the host's.
pub(crate) const RANGE: &str = "10.96.0.0/16";
/// An address of the tenant's Nodes to which its API server proxies, other than loopback.
pub(crate) const TENANT_NODE_ADDRESS: &str = "10.250.0.1";
const ADMIN_TOKEN: &str = "admin-token-of-the-tests";
const LONGEST_WAIT: Duration = Duration::from_secs(30);

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
        let namespace = format!("tenant-{name}");
        prepare_namespace(&self.host, &namespace).await;
        prepare_syncers_place(&self.host, &namespace).await;
        let kubeconfig = program::kubeconfig(self.folder.path(), name, &config);
        OtherTenant { admin, kubeconfig }
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

    /// Gives the syncer what these kinds need instead of its ordinary rights, and waits until that holds.
    pub(crate) async fn grant(&self, kinds: &Kinds) {
        let rules = rules(kinds);
        let params = PatchParams::default();
        let change = Patch::Merge(json!({ "rules": rules.namespaced }));
        self.host_api::<Role>().patch("syncer", &params, &change).await.expect("a change");
        let change = Patch::Merge(json!({ "rules": rules.cluster }));
        Api::<ClusterRole>::all(self.host.clone())
            .patch("syncer-kinds", &params, &change)
            .await
            .expect("a change");
        soon("the roles to hold", async {
            for row in TABLE.iter().filter(|row| !row.grants.is_empty()) {
                let chosen = kinds.row(row.kind);
                let is_granted = chosen.is_some_and(|chosen| chosen.option() == row.option());
                // Another way of syncing the same kind may need less, and has it then.
                if chosen.is_some() && !is_granted {
                    continue;
                }
                // The API server tells nobody when it has taken a role in.
                while lack(&self.syncer, HOST_NAMESPACE, row).await.expect("may ask").is_empty() != is_granted
                {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        })
        .await;
    }

    /// Gives the syncer these rules in the whole of the host, and waits until they hold.
    pub(crate) async fn grant_everywhere(&self, rules: Vec<PolicyRule>) {
        let role = json!({"metadata": {"name": "syncer"}, "rules": rules});
        create(&Api::<ClusterRole>::all(self.host.clone()), role).await;
        let binding = json!({
            "metadata": {"name": "syncer"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "syncer"},
            "subjects": [{"kind": "ServiceAccount", "name": "syncer", "namespace": HOST_NAMESPACE}],
        });
        create(&Api::<ClusterRoleBinding>::all(self.host.clone()), binding).await;
        soon("the ClusterRole to hold", self.until_holds(&rules, true)).await;
    }

    /// Takes them away again.
    pub(crate) async fn revoke_everywhere(&self) {
        let roles: Api<ClusterRole> = Api::all(self.host.clone());
        let rules = roles.get("syncer").await.expect("is there").rules.unwrap_or_default();
        let bindings: Api<ClusterRoleBinding> = Api::all(self.host.clone());
        bindings.delete("syncer", &DeleteParams::default()).await.expect("is deleted");
        soon("the ClusterRole to be void", self.until_holds(&rules, false)).await;
    }

    /// The API server tells nobody when it has taken a role in.
    async fn until_holds(&self, rules: &[PolicyRule], wanted: bool) {
        let first = |list: &Option<Vec<String>>| list.iter().flatten().next().cloned().unwrap_or_default();
        for rule in rules {
            let (group, resource) = (first(&rule.api_groups), first(&rule.resources));
            let (resource, subresource) = resource.split_once('/').unwrap_or((&resource, ""));
            let review = json!({"spec": {"resourceAttributes": {
                "verb": rule.verbs[0], "group": group, "resource": resource, "subresource": subresource,
            }}});
            let review: SelfSubjectAccessReview = serde_json::from_value(review).expect("a review");
            let reviews: Api<SelfSubjectAccessReview> = Api::all(self.syncer.clone());
            loop {
                let answer = reviews.create(&PostParams::default(), &review).await.expect("may ask");
                if answer.status.is_some_and(|status| status.allowed) == wanted {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
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
        HostKubelet::start(Api::namespaced(self.host.clone(), namespace))
    }
}

/// Makes the certificates of a test in `folder`, for servers that are none of a world's.
pub(crate) fn authority_in(folder: &std::path::Path) {
    certificates::Authority::new(folder);
}

/// Makes an object from JSON.
pub(crate) async fn create<K>(api: &Api<K>, object: Value) -> K
where
    K: Resource + Clone + DeserializeOwned + Serialize + std::fmt::Debug,
{
    let object: K = serde_json::from_value(object).expect("a well-formed object");
    api.create(&PostParams::default(), &object).await.expect("is accepted")
}

/// Waits for what must happen soon.
pub(crate) async fn soon<T>(what: &str, happens: impl Future<Output = T>) -> T {
    match tokio::time::timeout(LONGEST_WAIT, happens).await {
        Ok(value) => value,
        Err(_) => panic!("waited {LONGEST_WAIT:?} for {what}"),
    }
}

/// Waits by a watch until an object satisfies `condition`; returns it as it then is.
pub(crate) async fn until<K>(what: &str, api: &Api<K>, name: &str, condition: impl Condition<K>) -> Option<K>
where
    K: Resource + Clone + DeserializeOwned + std::fmt::Debug + Send + 'static,
{
    soon(&format!("{what} ({name})"), await_condition(api.clone(), name, condition))
        .await
        .expect("the watch works")
}

/// A small pod that names a ConfigMap, or none.
pub(crate) fn pod(name: &str, config_map: Option<&str>) -> Value {
    let volumes: Vec<Value> =
        config_map.into_iter().map(|map| json!({"name": "v", "configMap": {"name": map}})).collect();
    json!({
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"terminationGracePeriodSeconds": 5, "containers": [{"name": "c", "image": "i"}], "volumes": volumes},
    })
}

/// Whether a pod is Ready.
pub(crate) fn is_ready(pod: Option<&Pod>) -> bool {
    let conditions = pod.and_then(|pod| pod.status.as_ref()?.conditions.as_ref());
    conditions.into_iter().flatten().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// Makes a namespace with a default service account, which a controller would make.
pub(crate) async fn prepare_namespace(cluster: &Client, name: &str) {
    let namespaces: Api<Namespace> = Api::all(cluster.clone());
    if namespaces.get_opt(name).await.expect("may read").is_none() {
        create(&namespaces, json!({"metadata": {"name": name}})).await;
    }
    let accounts: Api<ServiceAccount> = Api::namespaced(cluster.clone(), name);
    create(&accounts, json!({"metadata": {"name": "default"}})).await;
}

async fn prepare_host(host: &Client) -> String {
    prepare_namespace(host, HOST_NAMESPACE).await;
    let accounts: Api<ServiceAccount> = Api::namespaced(host.clone(), HOST_NAMESPACE);
    create(&accounts, json!({"metadata": {"name": "syncer"}})).await;
    let binding = prepare_syncers_place(host, HOST_NAMESPACE).await;
    let cluster_roles: Api<ClusterRole> = Api::all(host.clone());
    create(&cluster_roles, json!({"metadata": {"name": "syncer-kinds"}, "rules": []})).await;
    let mut cluster_binding = binding;
    cluster_binding["metadata"]["name"] = json!("syncer-kinds");
    cluster_binding["roleRef"]["kind"] = json!("ClusterRole");
    cluster_binding["roleRef"]["name"] = json!("syncer-kinds");
    create(&Api::<ClusterRoleBinding>::all(host.clone()), cluster_binding).await;
    let request: TokenRequest =
        serde_json::from_value(json!({"spec": {"audiences": []}})).expect("a request");
    let answer =
        accounts.create_token_request("syncer", &PostParams::default(), &request).await.expect("a token");
    answer.status.and_then(|status| status.token).expect("a token")
}

/// What a plane's owner makes in a namespace: the syncer's Role, the plane's Service and object. Returns the binding.
async fn prepare_syncers_place(host: &Client, namespace: &str) -> Value {
    let roles: Api<Role> = Api::namespaced(host.clone(), namespace);
    create(&roles, json!({"metadata": {"name": "syncer"}, "rules": role_rules()})).await;
    let bindings: Api<RoleBinding> = Api::namespaced(host.clone(), namespace);
    let binding = json!({
        "metadata": {"name": "syncer"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "syncer"},
        "subjects": [{"kind": "ServiceAccount", "name": "syncer", "namespace": HOST_NAMESPACE}],
    });
    create(&bindings, binding.clone()).await;
    let services: Api<Service> = Api::namespaced(host.clone(), namespace);
    create(&services, json!({"metadata": {"name": "vc"}, "spec": {"ports": [{"port": 443}]}})).await;
    let config_maps: Api<ConfigMap> = Api::namespaced(host.clone(), namespace);
    create(&config_maps, json!({"metadata": {"name": "plane"}})).await;
    binding
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

/// There is no watch to wait on before there is an API server.
async fn until_ready(cluster: &Client) {
    let ready = async {
        loop {
            let request = http::Request::get("/readyz").body(Vec::new()).expect("a request");
            if cluster.request_text(request).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    soon("an API server to start", ready).await;
}

/// A port of loopback that nobody has, and that no other test of this program is given. It is none of those that the kernel
/// gives to outgoing connections, which would take it before its server does.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    const RANGE: std::ops::Range<u32> = 20_000..32_000;
    loop {
        let step = std::process::id().wrapping_mul(97).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = RANGE.start + step % (RANGE.end - RANGE.start);
        let port = u16::try_from(port).expect("a port of the range");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
