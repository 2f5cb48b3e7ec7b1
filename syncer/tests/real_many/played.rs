//! A test double of any number of tenants' API servers in one: their pods and nodes are kept and watched, and all else is
//! as in [`crate::double`]. The tenant is the first part of the path.

use std::{collections::HashMap, path::Path, sync::Arc};

use http::{Method, Request, StatusCode, Uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::{
    double::{answer, said},
    kept::{Kept, missing},
    support::played_server::{Answer, PlayedServer},
};

/// Runs until it is dropped.
pub(crate) struct Played {
    pub(crate) server: PlayedServer,
    tenants: Arc<HashMap<String, PlayedTenant>>,
}

/// One tenant: its pods, and its nodes. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct PlayedTenant {
    pods: Kept,
    nodes: Kept,
}

impl Played {
    /// These tenants, with the certificate in `folder`.
    pub(crate) async fn start(folder: &Path, names: impl Iterator<Item = String>) -> Self {
        let tenants: HashMap<String, PlayedTenant> =
            names.map(|name| (name, PlayedTenant::default())).collect();
        let tenants = Arc::new(tenants);
        let known = Arc::clone(&tenants);
        let server = PlayedServer::start(folder, move |request| {
            let known = Arc::clone(&known);
            async move { to_tenant(&known, request).await }
        });
        Self { server: server.await, tenants }
    }

    /// A tenant by name.
    pub(crate) fn tenant(&self, name: &str) -> PlayedTenant {
        self.tenants[name].clone()
    }
}

/// Where the tenant's pods are.
pub(crate) const NAMESPACE: &str = "default";

impl PlayedTenant {
    /// Makes a pod, as the tenant's own user would.
    pub(crate) fn create(&self, name: &str, mut pod: Value) {
        pod["apiVersion"] = json!("v1");
        pod["kind"] = json!("Pod");
        pod["metadata"]["name"] = json!(name);
        pod["metadata"]["namespace"] = json!(NAMESPACE);
        pod["status"] = json!({"phase": "Pending"});
        self.pods.change(|pods| {
            pods.make(name, pod);
        });
    }

    /// Deletes all pods, as the tenant's own user would.
    pub(crate) fn delete_all(&self) {
        self.pods.change(|pods| {
            pods.modify_all(|pod| {
                pod["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
                pod["metadata"]["deletionGracePeriodSeconds"] = json!(0);
            });
        });
    }

    /// How many of its pods are not Ready.
    pub(crate) fn count_not_ready(&self) -> usize {
        self.pods.look(|pods| pods.values().filter(|pod| !is_ready(pod)).count())
    }

    /// Returns when it has no pods.
    pub(crate) async fn is_empty(&self) {
        self.pods.until(|pods| pods.is_empty()).await;
    }

    /// Returns when a pod is Ready.
    pub(crate) async fn is_ready(&self, name: &str) {
        self.pods.until(|pods| pods.get(name).is_some_and(is_ready)).await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let (path, query) =
            (request.uri().path().to_owned(), request.uri().query().unwrap_or_default().to_owned());
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let method = request.method().clone();
        match (method, parts.as_slice()) {
            (Method::GET, ["api", "v1", "pods"]) => self.pods.read(&query),
            (Method::GET, ["api", "v1", "nodes"]) => self.nodes.read(&query),
            // Who the tenant is, and at which revision.
            (Method::GET, ["api", "v1", "namespaces"]) if query.contains("kube-system") => {
                let namespace = json!({"metadata": {"name": "kube-system", "uid": "of-kube-system"}});
                self.pods.listed(&[namespace])
            }
            (Method::POST, ["api", "v1", "namespaces", _, "serviceaccounts", _, "token"]) => {
                let status = json!({"token": "a-token", "expirationTimestamp": "2026-01-01T01:00:00Z"});
                let metadata = json!({"creationTimestamp": "2026-01-01T00:00:00Z"});
                said(StatusCode::CREATED, &json!({"metadata": metadata, "status": status}))
            }
            (Method::POST, ["api", "v1", "namespaces", NAMESPACE, "pods", name, "binding"]) => {
                let binding = body(request).await;
                let node = binding["target"]["name"].clone();
                let bound = json!({"spec": {"nodeName": node}, "status": {"conditions": [
                    {"type": "PodScheduled", "status": "True"},
                ]}});
                self.pods.patch(name, &bound)
            }
            (Method::PATCH, ["api", "v1", "namespaces", NAMESPACE, "pods", name, ..]) => {
                self.pods.patch(name, &body(request).await)
            }
            (Method::DELETE, ["api", "v1", "namespaces", NAMESPACE, "pods", name]) => self.pods.delete(name),
            (Method::GET, ["api", "v1", "namespaces", NAMESPACE, "pods", name]) => self.pods.get(name),
            (Method::POST, ["api", "v1", "nodes"]) => {
                let node = body(request).await;
                let name = node["metadata"]["name"].as_str().unwrap_or_default().to_owned();
                self.nodes.change(|nodes| said(StatusCode::CREATED, nodes.make(&name, node)))
            }
            (Method::PATCH, ["api", "v1", "nodes", name, ..]) => self.nodes.patch(name, &body(request).await),
            (Method::DELETE, ["api", "v1", "nodes", name]) => self.nodes.delete(name),
            (Method::GET, ["api", "v1", "nodes", name]) => self.nodes.get(name),
            (Method::PATCH | Method::PUT, _) => {
                let mut object = body(request).await;
                object["metadata"]["uid"] = json!("made");
                object["metadata"]["resourceVersion"] = json!("1");
                said(StatusCode::OK, &object)
            }
            _ => answer(request, true).await,
        }
    }
}

fn is_ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|one| one["type"] == "Ready" && one["status"] == "True")
}

async fn to_tenant(tenants: &HashMap<String, PlayedTenant>, mut request: Request<Incoming>) -> Answer {
    let whole = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let (name, rest) = whole.trim_start_matches('/').split_once('/').unwrap_or_default();
    let Some(tenant) = tenants.get(name) else { return missing() };
    *request.uri_mut() = format!("/{rest}").parse::<Uri>().expect("a path");
    tenant.answer(request).await
}

async fn body(request: Request<Incoming>) -> Value {
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    serde_json::from_slice(&body).unwrap_or_default()
}
