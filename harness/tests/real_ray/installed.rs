//! An operator with the rights of its own package, and what is given to it.

use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client, ResourceExt,
    api::{DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams},
    discovery::{Discovery, Scope},
};
use serde_json::{Value, json};
use tenantbench::workload::ray::{
    self,
    operator::{self, OperatorConfig, OperatorError},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    NAMESPACE,
    control_plane::{ControlPlane, free_port},
    establish, kubelet, until,
};

/// A cluster with Ray installed, an operator at work and a test that plays the kubelet.
pub(crate) struct Stage {
    pub(crate) plane: ControlPlane,
    pub(crate) operator: Operator,
    kubelet: JoinHandle<()>,
}

impl Stage {
    pub(crate) async fn set(plane: ControlPlane) -> Self {
        install(&plane.client).await;
        let kubelet = kubelet::play(plane.another_client().await);
        let operator = Operator::start(&plane, "one").await;
        Self { plane, operator, kubelet }
    }

    pub(crate) fn pods(&self) -> Api<Pod> {
        Api::namespaced(self.plane.client.clone(), NAMESPACE)
    }

    pub(crate) async fn end(self) {
        self.operator.stop().await.unwrap();
        self.kubelet.abort();
    }
}

/// An operator as a task of this process.
pub(crate) struct Operator {
    task: JoinHandle<Result<(), OperatorError>>,
    stop: CancellationToken,
    port: u16,
}

impl Operator {
    pub(crate) async fn start(plane: &ControlPlane, identity: &str) -> Self {
        let client = plane.service_account(NAMESPACE, "kuberay-operator").await;
        let (stop, port) = (CancellationToken::new(), free_port());
        let config = OperatorConfig {
            namespace: NAMESPACE.into(),
            identity: identity.into(),
            watch_namespaces: Vec::new(),
            listen: ([127, 0, 0, 1], port).into(),
        };
        let task = tokio::spawn(operator::run(client, config, stop.clone()));
        Self { task, stop, port }
    }

    pub(crate) async fn stop(self) -> Result<(), OperatorError> {
        self.stop.cancel();
        self.ended().await
    }

    pub(crate) async fn ended(self) -> Result<(), OperatorError> {
        tokio::time::timeout(until::PATIENCE, self.task).await.expect("the operator goes on").unwrap()
    }

    /// As a kubelet would: it asks until the answer is yes.
    pub(crate) async fn until_ready(&self) {
        let url = format!("http://127.0.0.1:{}/readyz", self.port);
        for _ in 0..600 {
            if http_status(&url).await == Some(200) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{url} never says 200");
    }
}

async fn http_status(url: &str) -> Option<u16> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (address, path) = url.strip_prefix("http://")?.split_once('/')?;
    let mut stream = tokio::net::TcpStream::connect(address).await.ok()?;
    stream.write_all(format!("GET /{path} HTTP/1.0\r\n\r\n").as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    answer.split_whitespace().nth(1)?.parse().ok()
}

/// All that a tenant installs, so that the operator has the rights of its own ServiceAccount and no more.
pub(crate) async fn install(client: &Client) {
    establish(client, &ray::derived_crds().unwrap()).await;
    let package = ray::package(&ray::Options::default()).unwrap();
    let discovery = Discovery::new(client.clone()).run_aggregated().await.unwrap();
    for object in &package.objects {
        let types = object.types.clone().unwrap();
        let (resource, scope) = discovery.resolve_gvk(&GroupVersionKind::try_from(&types).unwrap()).unwrap();
        let api: Api<DynamicObject> = match scope.scope {
            Scope::Cluster => Api::all_with(client.clone(), &resource),
            Scope::Namespaced => Api::namespaced_with(client.clone(), NAMESPACE, &resource),
        };
        let applied = PatchParams::apply("test").validation_strict();
        api.patch(&object.name_any(), &applied, &Patch::Apply(object)).await.unwrap();
    }
}

pub(crate) fn object(kind: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "ray.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec})
}

pub(crate) fn sample(workers: u32) -> Value {
    let sample = ray::Sample { workers, ..ray::Sample::default() };
    let package = ray::package(&ray::Options { sample, ..ray::Options::default() }).unwrap();
    serde_json::to_value(package.instance.object).unwrap()
}

pub(crate) async fn apply(api: &Api<DynamicObject>, object: &Value) {
    let name = object["metadata"]["name"].as_str().unwrap();
    api.patch(name, &PatchParams::apply("test"), &Patch::Apply(object)).await.unwrap();
}

pub(crate) fn word<'a>(object: &'a DynamicObject, pointer: &str) -> &'a str {
    object.data.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) async fn live(pods: &Api<Pod>) -> Vec<Pod> {
    let found = pods.list(&ListParams::default().labels("ray.io/cluster=sample")).await.unwrap().items;
    found.into_iter().filter(|pod| pod.metadata.deletion_timestamp.is_none()).collect()
}
