//! What the checks stand on: a server in one namespace of the tenant, a client in another.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Pod, Service, ServiceAccount};
use kube::{Api, Client, api::DynamicObject};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    inside::Fetched,
    observe::{patience::Patience, pods::is_ready, until::Wait},
    probe::inside::{self, InsideError},
    run::{RunError, round::Round},
    tenancy::Tenant,
    workload::container,
};

/// The namespace of the server.
pub(super) const BACK: &str = "back";
/// The namespace of the client.
pub(super) const FRONT: &str = "front";
/// The server's pod and Service.
pub(super) const SERVER: &str = "server";
/// The client's pod.
pub(super) const CLIENT: &str = "client";
/// The port on which servers listen.
pub(super) const PORT: u16 = 8080;
/// The port of the Service.
pub(super) const SERVICE_PORT: u16 = 80;

/// For whom the token of the server's own volume is.
pub(super) const AUDIENCE: &str = "data-plane.tenantbench.dev";

/// What a client is given to be let in somewhere, where nothing tells when a network has taken up a change.
const PATIENCE: &str = "20s";

/// A tenant's side of the checks.
pub(super) struct Ground<'a> {
    pub(super) tenant: &'a Tenant,
    /// For what is carried both ways at once.
    streams: Client,
    /// True where nodes are our own simulation, which has no DNS and no disks.
    pub(super) simulated: bool,
    patience: Patience,
    /// The Service's address.
    pub(super) address: String,
    /// The server's pod, Ready.
    pub(super) server: Pod,
}

impl<'a> Ground<'a> {
    /// Makes namespaces, server and client, and waits until both are Ready.
    pub(super) async fn prepare(round: &Round<'_>, tenant: &'a Tenant) -> Result<Ground<'a>, RunError> {
        let patience = round.platform.patience();
        for namespace in [BACK, FRONT] {
            self::namespace(tenant, namespace, patience.left()).await?;
        }
        for object in server_objects() {
            apply(tenant, object, BACK).await?;
        }
        apply(tenant, client(), FRONT).await?;
        let server = ready(&pods(tenant, BACK), SERVER, patience.left()).await?;
        ready(&pods(tenant, FRONT), CLIENT, patience.left()).await?;
        let address = self::address(tenant, patience.left()).await?;
        let simulated = round.platform.host.facts().nodes == SIMULATED;
        let streams = tenant.stream_client().await?;
        Ok(Ground { tenant, streams, simulated, patience, address, server })
    }

    /// How long a wait may take that begins now.
    pub(super) fn limit(&self) -> Duration {
        self.patience.left()
    }

    /// The tenant's pods in one of its namespaces.
    pub(super) fn pods(&self, namespace: &str) -> Api<Pod> {
        pods(self.tenant, namespace)
    }

    /// The same for what is carried both ways at once.
    pub(super) fn streams(&self, namespace: &str) -> Api<Pod> {
        Api::namespaced(self.streams.clone(), namespace)
    }

    /// The address of the server's own pod.
    pub(super) fn pod_address(&self) -> String {
        let status = self.server.status.as_ref();
        status.and_then(|status| status.pod_ip.clone()).unwrap_or_default()
    }

    /// Lets the client ask a server, again and again until one answers or its patience ends.
    pub(super) async fn fetch(&self, target: &str) -> Result<Fetched, RunError> {
        self.ask(FRONT, CLIENT, &["fetch", target, "--patience", PATIENCE]).await
    }

    /// Runs a program of ours in a pod.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        namespace: &str,
        pod: &str,
        program: &[&str],
    ) -> Result<T, RunError> {
        let answer = inside::ask(&self.streams(namespace), pod, program, self.limit()).await;
        answer.map_err(|error| failed(program, pod, &error))
    }
}

/// The word of a host's facts for nodes that are a simulation.
const SIMULATED: &str = "simulated";

/// Makes a namespace in the tenant, ready for pods.
pub(super) async fn namespace(tenant: &Tenant, name: &str, limit: Duration) -> Result<(), RunError> {
    apply(tenant, json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}), "").await?;
    let accounts: Api<ServiceAccount> = Api::namespaced(tenant.client(), name);
    let wait = Wait::new(format!("the default service account of {name}"), limit);
    Ok(wait.object(accounts, "default", |_| Some(()), |_| String::new()).await?)
}

pub(super) async fn apply(tenant: &Tenant, object: Value, namespace: &str) -> Result<(), RunError> {
    let object: DynamicObject = serde_json::from_value(object).map_err(RunError::object)?;
    tenant.api.apply(&object, namespace).await?;
    Ok(())
}

pub(super) fn pods(tenant: &Tenant, namespace: &str) -> Api<Pod> {
    Api::namespaced(tenant.client(), namespace)
}

/// Waits until a pod is Ready.
pub(super) async fn ready(pods: &Api<Pod>, name: &str, limit: Duration) -> Result<Pod, RunError> {
    let wait = Wait::new(format!("pod {name} Ready"), limit);
    Ok(wait.object(pods.clone(), name, |pod| is_ready(pod).then(|| pod.clone()), state).await?)
}

/// How a pod is, in a few words.
pub(super) fn state(pod: &Pod) -> String {
    let status = pod.status.as_ref();
    let phase = status.and_then(|status| status.phase.clone()).unwrap_or_default();
    let containers = status.into_iter().flat_map(|status| status.container_statuses.iter().flatten());
    let waiting =
        containers.filter_map(|container| container.state.as_ref()?.waiting.as_ref()?.reason.clone());
    std::iter::once(phase).chain(waiting).collect::<Vec<_>>().join(", ")
}

pub(super) fn failed(program: &[&str], pod: &str, error: &InsideError) -> RunError {
    RunError::Inside {
        what: format!("run `tenantbench internal {}`", program.join(" ")),
        pod: pod.to_owned(),
        reason: error.to_string(),
    }
}

/// The client's pod.
pub(super) fn client() -> Value {
    container::pod(CLIENT, &["idle"], json!({}), json!({}))
}

async fn address(tenant: &Tenant, limit: Duration) -> Result<String, RunError> {
    let services: Api<Service> = Api::namespaced(tenant.client(), BACK);
    let address = |service: &Service| service.spec.as_ref()?.cluster_ip.clone();
    let wait = Wait::new(format!("an address of Service {SERVER}"), limit);
    Ok(wait.object(services, SERVER, address, |_| "none yet".into()).await?)
}

/// The server with all that a pod can be told of itself, and its Service.
fn server_objects() -> [Value; 3] {
    let settings = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"colour": COLOUR},
    });
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": SERVER},
        "spec": {"selector": {"app": SERVER}, "ports": [{"port": SERVICE_PORT, "targetPort": PORT}]},
    });
    [settings, service, server()]
}

/// What the server's ConfigMap says.
pub(super) const COLOUR: &str = "teal";

/// Where the server's volumes with labels and with a token of its own are mounted.
pub(super) const LABELS: &str = "/etc/podinfo/labels";
pub(super) const TOKEN: &str = "/var/run/secrets/own/token";

fn server() -> Value {
    let field =
        |name: &str, path: &str| json!({"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}});
    let more = json!({
        "env": [
            {"name": "PLAIN", "value": "as written"},
            {"name": "COLOUR", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "colour"}}},
            field("POD_NAME", "metadata.name"),
            field("POD_NAMESPACE", "metadata.namespace"),
            field("POD_ACCOUNT", "spec.serviceAccountName"),
            field("POD_ADDRESS", "status.podIP"),
            field("POD_NODE", "spec.nodeName"),
        ],
        "ports": [{"containerPort": PORT}],
        "readinessProbe": {"httpGet": {"path": "/", "port": PORT}, "periodSeconds": 1},
        "volumeMounts": [
            {"name": "podinfo", "mountPath": "/etc/podinfo"},
            {"name": "own", "mountPath": "/var/run/secrets/own"},
        ],
    });
    let volumes = json!([
        {"name": "podinfo", "downwardAPI": {
            "items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}],
        }},
        {"name": "own", "projected": {"sources": [
            {"serviceAccountToken": {"path": "token", "audience": AUDIENCE, "expirationSeconds": 600}},
        ]}},
    ]);
    let port = PORT.to_string();
    container::pod(SERVER, &["serve", "--port", &port], more, json!({"volumes": volumes}))
}
