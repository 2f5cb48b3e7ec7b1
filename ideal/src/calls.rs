//! The writes, each in its plainest form.

use http::{Method, Request, header};
use kube::Client;
use serde_json::{Value, json};
use tenantbench_syncer::{
    client::{is_passing, retried},
    object::Object,
    translate::Refused,
    write::METADATA_ONLY,
};
use tokio::sync::{Mutex, Semaphore};

use super::form::Form;

/// As many calls are under way at once as a syncer allows a tenant.
const IN_FLIGHT: usize = 64;

/// What comes back of a write. The less, the less both ends have to do: a floor asks for no more than it reads.
#[derive(Clone, Copy)]
enum Answer {
    Whole,
    Metadata,
}

impl Answer {
    fn form(self) -> &'static str {
        match self {
            Self::Whole => "application/json",
            Self::Metadata => METADATA_ONLY,
        }
    }
}

/// A write that did not succeed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error("{0}")]
    Kube(#[from] kube::Error),
    #[error("{0}")]
    Request(#[from] http::Error),
    #[error("an answer is not what it should be: {0}")]
    Answer(#[from] serde_json::Error),
    #[error("{0}")]
    Refused(#[from] Refused),
    #[error("the pod has no volume with a token; only pods of a load are known")]
    NoToken,
}

/// Writes to both sides.
pub(super) struct Calls {
    host: Client,
    tenant: Client,
    namespace: String,
    form: Form,
    slots: Semaphore,
    /// The tenant's Nodes that are there.
    nodes: Mutex<Vec<String>>,
}

impl Calls {
    pub(super) fn new(host: Client, tenant: Client, namespace: String, form: Form) -> Self {
        Self { host, tenant, namespace, form, slots: Semaphore::new(IN_FLIGHT), nodes: Mutex::default() }
    }

    /// Makes the host's pod.
    pub(super) async fn make(&self, pod: &Object) -> Result<(), CallError> {
        let body = self.form.pod(pod)?;
        self.call(&self.host, Method::POST, &self.host_path("pods", ""), &body).await
    }

    /// Asks for the pod's token, and makes the Secret that holds it. The host's pod does not own that: collecting it takes
    /// the host more calls than one to delete it.
    pub(super) async fn provide_token(&self, pod: &Object) -> Result<(), CallError> {
        let body = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {
                "audiences": [], "expirationSeconds": 3600,
                "boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": pod.name(), "uid": pod.uid()},
            },
        });
        let path = format!("/api/v1/namespaces/{}/serviceaccounts/default/token", pod.namespace());
        let asked = self.send(&self.tenant, (Method::POST, &path), &body, Answer::Whole).await?;
        let answer: Value = serde_json::from_str(&asked)?;
        let token = answer["status"]["token"].as_str().unwrap_or_default();
        let body = self.form.secret(pod, token)?;
        self.call(&self.host, Method::POST, &self.host_path("secrets", ""), &body).await
    }

    /// Deletes the Secret with its token.
    pub(super) async fn drop_token(&self, pod: &Object) -> Result<(), CallError> {
        let path = self.host_path("secrets", &self.form.secret_name(pod));
        self.call(&self.host, Method::DELETE, &path, &json!({})).await
    }

    /// Binds the tenant's pod to the host's node.
    pub(super) async fn bind(&self, pod: &Object, node: &str) -> Result<(), CallError> {
        self.see_to_node(node).await?;
        let body = json!({
            "apiVersion": "v1", "kind": "Binding",
            "metadata": {"name": pod.name(), "uid": pod.uid()},
            "target": {"apiVersion": "v1", "kind": "Node", "name": node},
        });
        let path = format!("{}/binding", tenant_path(pod));
        self.call(&self.tenant, Method::POST, &path, &body).await
    }

    /// Tells the tenant's pod the host's status.
    pub(super) async fn tell(&self, pod: &Object, status: &Value) -> Result<(), CallError> {
        let body = json!({"metadata": {"uid": pod.uid()}, "status": status});
        let path = format!("{}/status", tenant_path(pod));
        self.call(&self.tenant, Method::PATCH, &path, &body).await
    }

    /// Deletes the host's pod with its own grace.
    pub(super) async fn end_on_host(&self, pod: &Object) -> Result<(), CallError> {
        let path = self.host_path("pods", &self.form.host_name(pod));
        self.call(&self.host, Method::DELETE, &path, &json!({})).await
    }

    /// Lets go of the tenant's pod.
    pub(super) async fn end_in_tenant(&self, pod: &Object) -> Result<(), CallError> {
        let body = json!({"gracePeriodSeconds": 0, "preconditions": {"uid": pod.uid()}});
        self.call(&self.tenant, Method::DELETE, &tenant_path(pod), &body).await
    }

    /// A pod that is bound to a Node that is not there is collected. Once for each node, not for each pod.
    async fn see_to_node(&self, name: &str) -> Result<(), CallError> {
        let mut nodes = self.nodes.lock().await;
        if nodes.iter().any(|known| known == name) {
            return Ok(());
        }
        let body = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}});
        self.call(&self.tenant, Method::POST, "/api/v1/nodes", &body).await?;
        nodes.push(name.to_owned());
        Ok(())
    }

    /// A call whose answer nobody reads. Who is to go may have gone.
    async fn call(&self, to: &Client, method: Method, path: &str, body: &Value) -> Result<(), CallError> {
        let may_be_gone = method == Method::DELETE;
        match self.send(to, (method, path), body, Answer::Metadata).await {
            Err(CallError::Kube(kube::Error::Api(status))) if may_be_gone && status.code == 404 => Ok(()),
            other => other.map(drop),
        }
    }

    async fn send(
        &self,
        to: &Client,
        (method, path): (Method, &str),
        body: &Value,
        answer: Answer,
    ) -> Result<String, CallError> {
        // It is never closed.
        let _slot = self.slots.acquire().await.ok();
        let form = match method {
            Method::PATCH => "application/strategic-merge-patch+json",
            _ => "application/json",
        };
        let body = serde_json::to_vec(body)?;
        let passes = |error: &CallError| matches!(error, CallError::Kube(error) if is_passing(error));
        let ask = || async {
            let request = Request::builder().method(&method).uri(path);
            let request = request.header(header::CONTENT_TYPE, form).header(header::ACCEPT, answer.form());
            Ok(to.request_text(request.body(body.clone())?).await?)
        };
        retried(ask, passes).await
    }

    fn host_path(&self, plural: &str, name: &str) -> String {
        format!("/api/v1/namespaces/{}/{plural}/{name}", self.namespace).trim_end_matches('/').to_owned()
    }
}

fn tenant_path(pod: &Object) -> String {
    format!("/api/v1/namespaces/{}/pods/{}", pod.namespace(), pod.name())
}
