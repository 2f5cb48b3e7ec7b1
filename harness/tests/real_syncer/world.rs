//! One host with virtual clusters, made the ordinary way, for all cases of this binary.

use std::{path::PathBuf, sync::Arc, sync::LazyLock, time::Duration};

use k8s_openapi::{
    NamespaceResourceScope,
    api::{
        apps::v1::StatefulSet,
        core::v1::{Event, Namespace, Node, Pod, ServiceAccount},
    },
};
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{Patch, PatchParams, PostParams},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tenantbench::{
    assets::{self, Binary, Options, Silent},
    host::{Blueprint, HostSpec, LocalBlueprint, supervised::SupervisedHost},
    names::VIRTUAL_CLUSTER,
    observe::pods::is_ready,
    tenancy::{Limits, Platform, Tenant, model},
};
use tenantbench_scenarios::Model;
use tenantbench_syncer::names::Names;
use tokio::{runtime::Runtime, sync::OnceCell};

use crate::{
    choice::Choice,
    until::{any, gone, until},
};

/// An image that has no program on the host: its pods are simulated.
pub(crate) const SIMULATED: &str = "registry.k8s.io/pause:3.10";

/// The image of pods that run as processes.
pub(crate) const PROCESS: &str = "tenantbench.dev/tenantbench:dev";

/// A shell line that does nothing until it is told to end.
pub(crate) const IDLE: &str = "while :; do sleep 0.05; done";

/// The last three are [`LOST`], [`APART`] and [`FOLLOWED`].
const NODES: u32 = 6;

/// The node that one case loses.
pub(crate) const LOST: &str = "node-3";

/// The node on which one case looks at what keeps a Node.
pub(crate) const APART: &str = "node-4";

/// The node on which one case looks at what a tenant sees of it.
pub(crate) const FOLLOWED: &str = "node-5";

/// The pod of a tenant's plane.
pub(crate) const PLANE: &str = "vc-0";

const PATIENCE: Duration = Duration::from_secs(90);

/// Clients live as long as the runtime that they were made in, and the host outlives each case.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static HOST: OnceCell<Platform> = OnceCell::const_new();
static PLAIN: OnceCell<World> = OnceCell::const_new();
static REPLACED: OnceCell<World> = OnceCell::const_new();
static WIDE_DOWN: OnceCell<World> = OnceCell::const_new();
static WIDE_UP: OnceCell<World> = OnceCell::const_new();

/// Both sides. The host goes down with this process.
pub(crate) struct World {
    /// The platform team.
    pub(crate) platform: Client,
    tenant: Tenant,
    names: Names,
}

/// Runs one case in a tenant whose syncer has no options.
pub(crate) fn case(test: impl AsyncFnOnce(&'static World)) {
    run(&PLAIN, "tenant-life", Choice::default(), test);
}

/// Runs one case in a tenant whose syncer carries down all that it can.
pub(crate) fn wide_down(test: impl AsyncFnOnce(&'static World)) {
    run(&WIDE_DOWN, "tenant-wide-down", Choice { down: true, ..Choice::default() }, test);
}

/// Runs the one case that has the plane made anew.
pub(crate) fn replaced(test: impl AsyncFnOnce(&'static World)) {
    run(&REPLACED, "tenant-replaced", Choice::default(), test);
}

/// Runs one case in a tenant whose syncer brings up all that it can.
pub(crate) fn wide_up(test: impl AsyncFnOnce(&'static World)) {
    run(&WIDE_UP, "tenant-wide-up", Choice { up: true, ..Choice::default() }, test);
}

fn run(
    world: &'static OnceCell<World>,
    tenant: &'static str,
    choice: Choice,
    test: impl AsyncFnOnce(&'static World),
) {
    RUNTIME.block_on(async { test(world.get_or_init(|| World::start(tenant, choice)).await).await });
}

async fn start_host() -> Platform {
    let host = SupervisedHost::start(&spec().await, |_| {}).await.unwrap();
    let platform = Platform::new(Arc::new(host), "real-syncer".into(), PATIENCE).await.unwrap();
    platform.settled().await.unwrap();
    for node in [LOST, APART, FOLLOWED] {
        reserve(&platform.client(), node).await;
    }
    platform
}

impl World {
    async fn start(name: &str, choice: Choice) -> Self {
        let platform = HOST.get_or_init(start_host).await;
        let tenant = model(Model::Vcluster).create(platform, name, &Limits::default()).await.unwrap();
        let names = Names::new(VIRTUAL_CLUSTER, name);
        let world = Self { platform: platform.client(), tenant, names };
        choice.make(&world).await;
        world
    }

    /// Ends the tenant's plane. Its store goes with it.
    pub(crate) async fn stop_plane(&self) {
        self.patch_plane(json!({"replicas": 0})).await;
        gone(&self.host::<Pod>(), PLANE).await;
    }

    /// Starts it again with these flags of its syncer.
    pub(crate) async fn start_plane(&self, flags: &[String]) {
        let syncer = json!({"name": "syncer", "args": flags});
        self.patch_plane(json!({"replicas": 1, "template": {"spec": {"containers": [syncer]}}})).await;
        until(&self.host::<Pod>(), PLANE, is_ready).await;
    }

    async fn patch_plane(&self, spec: Value) {
        let patch = Patch::Strategic(json!({"spec": spec}));
        self.host::<StatefulSet>().patch(VIRTUAL_CLUSTER, &PatchParams::default(), &patch).await.unwrap();
    }

    /// Makes a namespace in the tenant, ready for pods.
    pub(crate) async fn namespace(&'static self, name: &'static str) -> Space {
        let namespaces: Api<Namespace> = Api::all(self.tenant.client());
        create(&namespaces, json!({"metadata": {"name": name}})).await;
        let space = Space { world: self, name };
        until(&space.api::<ServiceAccount>(), "default", |_| true).await;
        space
    }

    /// The tenant's API.
    pub(crate) fn tenant(&self) -> Client {
        self.tenant.client()
    }

    /// The tenant, and its namespace on the host.
    pub(crate) fn name(&self) -> &str {
        &self.tenant.name
    }

    /// Where the host keeps which cluster the tenant's is.
    pub(crate) fn identity(&self) -> String {
        self.names.identity()
    }

    /// What an object of the tenant's without namespace is called on the host.
    pub(crate) fn host_cluster_name(&self, name: &str) -> String {
        self.names.host_cluster(name)
    }

    /// The tenant's objects on the host, as the platform team sees them.
    pub(crate) fn host<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.platform.clone(), &self.tenant.name)
    }
}

/// A namespace of the tenant.
pub(crate) struct Space {
    pub(crate) world: &'static World,
    pub(crate) name: &'static str,
}

impl Space {
    /// The tenant's objects in it.
    pub(crate) fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.world.tenant(), self.name)
    }

    /// The tenant's pods in it.
    pub(crate) fn pods(&self) -> Api<Pod> {
        self.api()
    }

    /// What an object of it is called on the host.
    pub(crate) fn host_name(&self, name: &str) -> String {
        self.world.names.host(self.name, name)
    }

    /// Makes a pod and waits until it is Ready.
    pub(crate) async fn ready(&self, pod: Value) -> Pod {
        let made = create(&self.pods(), pod).await;
        until(&self.pods(), &made.name_any(), is_ready).await
    }

    /// Waits until the tenant is told that a pod is not carried out, with these words.
    pub(crate) async fn told(&self, pod: &str, words: &str) {
        let is_told = |event: &Event| {
            event.reason.as_deref() == Some("NotSynced")
                && event.involved_object.name.as_deref() == Some(pod)
                && event.message.as_deref().is_some_and(|message| message.contains(words))
        };
        any(&self.api::<Event>(), is_told).await;
    }
}

/// Keeps pods off a node that do not tolerate it.
async fn reserve(platform: &Client, node: &str) {
    let taint = json!({"spec": {"taints": [{"key": RESERVED, "effect": "NoSchedule"}]}});
    let nodes: Api<Node> = Api::all(platform.clone());
    nodes.patch(node, &PatchParams::default(), &Patch::Merge(taint)).await.unwrap();
}

const RESERVED: &str = "example.com/reserved";

/// What a pod's spec needs to run on a reserved node and nowhere else.
pub(crate) fn only_on(node: &str) -> Value {
    json!({
        "nodeSelector": {"kubernetes.io/hostname": node},
        "tolerations": [{"key": RESERVED, "operator": "Exists"}],
    })
}

/// A pod without a program, Ready as soon as it is on a node. `spec`: more of its spec.
pub(crate) fn simulated(name: &str, spec: Value) -> Value {
    pod(name, json!({"name": "c", "image": SIMULATED}), spec)
}

/// A pod that runs a shell line as a process.
pub(crate) fn process(name: &str, line: &str, spec: Value) -> Value {
    pod(name, json!({"name": "c", "image": PROCESS, "command": ["sh", "-c", line]}), spec)
}

fn pod(name: &str, container: Value, more: Value) -> Value {
    let mut spec = json!({"containers": [container]});
    spec.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    json!({"metadata": {"name": name, "labels": {"app": name}}, "spec": spec})
}

/// The workload of `kind` that makes pods like this one.
pub(crate) fn workload(pod: &Value, more: Value) -> Value {
    let labels = &pod["metadata"]["labels"];
    let mut spec = json!({
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod["spec"]},
    });
    spec.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    json!({"metadata": {"name": pod["metadata"]["name"]}, "spec": spec})
}

/// Makes an object from JSON.
pub(crate) async fn create<K>(api: &Api<K>, object: Value) -> K
where
    K: Resource + Clone + DeserializeOwned + Serialize + std::fmt::Debug,
{
    let object: K = serde_json::from_value(object).unwrap();
    api.create(&PostParams::default(), &object).await.unwrap()
}

/// Whether a condition of a pod is True, for this reason if one is named.
pub(crate) fn holds(pod: &Pod, condition: &str, reason: Option<&str>) -> bool {
    let mut all = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    all.any(|one| {
        one.type_ == condition
            && one.status == "True"
            && reason.is_none_or(|reason| one.reason.as_deref() == Some(reason))
    })
}

async fn spec() -> HostSpec {
    let options = Options::from_env(None).unwrap();
    let found = assets::resolve(&options, &Binary::SERVERS, Arc::new(Silent)).await.unwrap();
    HostSpec {
        name: format!("syncer-{}", std::process::id()).parse().unwrap(),
        // Unix sockets need a short path.
        runs: PathBuf::from("/tmp/tb-real-syncer"),
        executable: env!("CARGO_BIN_EXE_tenantbench").into(),
        start_timeout: PATIENCE,
        logs: None,
        blueprint: Blueprint::Local(LocalBlueprint {
            binaries: found.control_plane().unwrap(),
            nodes: NODES,
            ready_delay: Duration::from_millis(100),
            service_cidr: "10.96.0.0/16".parse().unwrap(),
        }),
    }
}
