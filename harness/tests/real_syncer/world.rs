//! One host with one virtual cluster, made the ordinary way, for all cases of this binary.

use std::{path::PathBuf, sync::Arc, sync::LazyLock, time::Duration};

use k8s_openapi::{
    NamespaceResourceScope,
    api::core::v1::{Namespace, Pod, ServiceAccount},
};
use kube::{Api, Client, Resource, api::PostParams};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tenantbench::{
    assets::{self, Binary, Options, Silent},
    host::local::{LocalHost, LocalSpec},
    tenancy::{Platform, Tenant, model},
};
use tenantbench_scenarios::Model;
use tenantbench_syncer::names::Names;
use tokio::{runtime::Runtime, sync::OnceCell};

use crate::until::until;

/// The tenant, and its namespace on the host.
const TENANT: &str = "tenant-life";

/// An image that has no program on the host: its pods are simulated.
pub(crate) const SIMULATED: &str = "registry.k8s.io/pause:3.10";

/// One image for pods that run as processes, with `command`.
pub(crate) const PROCESS: &str = "tenantbench.dev/tenantbench:dev";

const PATIENCE: Duration = Duration::from_secs(90);

/// Clients live as long as the runtime that they were made in, and the world outlives each case.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static WORLD: OnceCell<World> = OnceCell::const_new();

/// Both sides. The host goes down with this process.
pub(crate) struct World {
    /// The platform team.
    pub(crate) platform: Client,
    tenant: Tenant,
    names: Names,
    /// Held, for the host goes with it.
    _platform: Platform,
}

/// Runs one case.
pub(crate) fn case(test: impl AsyncFnOnce(&'static World)) {
    RUNTIME.block_on(async { test(WORLD.get_or_init(World::start).await).await });
}

impl World {
    async fn start() -> Self {
        let host = LocalHost::start(&spec().await, |_| {}).await.unwrap();
        let platform = Platform::new(Arc::new(host), "real-syncer".into(), PATIENCE).await.unwrap();
        platform.settled().await.unwrap();
        let tenant = model(Model::Vcluster).create(&platform, TENANT).await.unwrap();
        let names = Names::new(tenantbench::names::VIRTUAL_CLUSTER, TENANT);
        Self { platform: platform.client(), tenant, names, _platform: platform }
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

    /// The tenant's objects on the host, as the platform team sees them.
    pub(crate) fn host<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.platform.clone(), TENANT)
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
}

/// Makes an object from JSON.
pub(crate) async fn create<K>(api: &Api<K>, object: Value) -> K
where
    K: Resource + Clone + DeserializeOwned + Serialize + std::fmt::Debug,
{
    let object: K = serde_json::from_value(object).unwrap();
    api.create(&PostParams::default(), &object).await.unwrap()
}

async fn spec() -> LocalSpec {
    let options = Options::from_env(None).unwrap();
    let found = assets::resolve(&options, &Binary::ALL, Arc::new(Silent)).await.unwrap();
    LocalSpec {
        name: format!("syncer-{}", std::process::id()).parse().unwrap(),
        // Unix sockets need a short path.
        runs: PathBuf::from("/tmp/tb-real-syncer"),
        binaries: found.control_plane().unwrap(),
        executable: env!("CARGO_BIN_EXE_tenantbench").into(),
        nodes: 3,
        ready_delay: Duration::from_millis(100),
        service_cidr: "10.96.0.0/16".parse().unwrap(),
        start_timeout: PATIENCE,
    }
}
