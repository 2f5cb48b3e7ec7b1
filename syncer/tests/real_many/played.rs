//! A test double of any number of tenants' API servers in one: their pods are kept and watched, and all else is as in
//! [`crate::double`]. The tenant is the first part of the path.

use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
    path::Path,
    sync::{Arc, PoisonError},
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Frame, Incoming};
use serde_json::{Value, json};
use tenantbench_syncer::names::marks;
use tokio::sync::watch;

use crate::{
    double::{answer, list, said},
    merged::merge,
    support::played_server::{Answer, PlayedServer},
};

/// Runs until it is dropped.
pub(crate) struct Played {
    pub(crate) server: PlayedServer,
    tenants: Arc<HashMap<String, PlayedTenant>>,
}

/// One tenant: its pods. Clones are the same.
#[derive(Clone)]
pub(crate) struct PlayedTenant(Arc<Inner>);

struct Inner {
    pods: std::sync::Mutex<Pods>,
    /// The newest version.
    newest: watch::Sender<u64>,
}

#[derive(Default)]
struct Pods {
    version: u64,
    /// By namespace and name; the namespace is always the same.
    present: BTreeMap<String, Value>,
    /// Events, by the version that each made.
    events: Vec<(u64, Bytes)>,
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

impl Default for PlayedTenant {
    fn default() -> Self {
        Self(Arc::new(Inner { pods: std::sync::Mutex::default(), newest: watch::Sender::new(0) }))
    }
}

/// Where the tenant's pods are.
pub(crate) const NAMESPACE: &str = "default";

impl PlayedTenant {
    /// Makes a pod, as the tenant's own user would.
    pub(crate) fn create(&self, name: &str, mut pod: Value) {
        self.change(|pods| {
            pod["apiVersion"] = json!("v1");
            pod["kind"] = json!("Pod");
            pod["metadata"]["name"] = json!(name);
            pod["metadata"]["namespace"] = json!(NAMESPACE);
            pod["metadata"]["uid"] = json!(format!("{name}-{}", pods.version));
            pod["metadata"]["creationTimestamp"] = json!("2026-01-01T00:00:00Z");
            pod["status"] = json!({"phase": "Pending"});
            pods.store("ADDED", name, pod);
        });
    }

    /// Deletes all pods, as the tenant's own user would.
    pub(crate) fn delete_all(&self) {
        self.change(|pods| {
            let present: Vec<_> =
                pods.present.iter().map(|(name, pod)| (name.clone(), pod.clone())).collect();
            for (name, mut pod) in present {
                pod["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
                pod["metadata"]["deletionGracePeriodSeconds"] = json!(0);
                pods.store("MODIFIED", &name, pod);
            }
        });
    }

    /// How many of its pods are not Ready.
    pub(crate) fn count_not_ready(&self) -> usize {
        self.look(|pods| pods.present.values().filter(|pod| !is_ready(pod)).count())
    }

    /// Returns when it has no pods.
    pub(crate) async fn is_empty(&self) {
        let mut newest = self.0.newest.subscribe();
        let empty = newest.wait_for(|_| self.look(|pods| pods.present.is_empty()));
        drop(empty.await.expect("it is there"));
    }

    /// Returns when a pod is Ready.
    pub(crate) async fn is_ready(&self, name: &str) {
        let mut newest = self.0.newest.subscribe();
        let ready = newest.wait_for(|_| self.look(|pods| pods.present.get(name).is_some_and(is_ready)));
        drop(ready.await.expect("it is there"));
    }

    fn look<T>(&self, f: impl FnOnce(&Pods) -> T) -> T {
        f(&self.0.pods.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn change<T>(&self, f: impl FnOnce(&mut Pods) -> T) -> T {
        let mut pods = self.0.pods.lock().unwrap_or_else(PoisonError::into_inner);
        let result = f(&mut pods);
        let version = pods.version;
        drop(pods);
        self.0.newest.send_replace(version);
        result
    }

    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let (path, query) =
            (request.uri().path().to_owned(), request.uri().query().unwrap_or_default().to_owned());
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let method = request.method().clone();
        match (method, parts.as_slice()) {
            (Method::GET, ["api", "v1", "pods"]) if query.contains("watch=") => self.watched(&query),
            (Method::GET, ["api", "v1", "pods"]) => {
                self.look(|pods| pods.list(&pods.present.values().cloned().collect::<Vec<_>>()))
            }
            // Who the tenant is, and at which revision.
            (Method::GET, ["api", "v1", "namespaces"]) if query.contains("kube-system") => {
                let namespace = json!({"metadata": {"name": "kube-system", "uid": "of-kube-system"}});
                self.look(|pods| pods.list(&[namespace]))
            }
            (Method::POST, ["api", "v1", "namespaces", _, "serviceaccounts", _, "token"]) => {
                let status = json!({"token": "a-token", "expirationTimestamp": "2026-01-01T01:00:00Z"});
                let metadata = json!({"creationTimestamp": "2026-01-01T00:00:00Z"});
                said(StatusCode::CREATED, &json!({"metadata": metadata, "status": status}))
            }
            (Method::POST, ["api", "v1", "namespaces", NAMESPACE, "pods", name, "binding"]) => {
                let binding = body(request).await;
                let node = binding["target"]["name"].clone();
                self.changed(
                    name,
                    &json!({"spec": {"nodeName": node}, "status": {"conditions": [
                        {"type": "PodScheduled", "status": "True"},
                    ]}}),
                )
            }
            (Method::PATCH, ["api", "v1", "namespaces", NAMESPACE, "pods", name, ..]) => {
                let patch = body(request).await;
                self.changed(name, &patch)
            }
            (Method::DELETE, ["api", "v1", "namespaces", NAMESPACE, "pods", name]) => {
                self.change(|pods| match pods.present.remove(*name) {
                    Some(mut pod) => {
                        pods.tell("DELETED", &mut pod);
                        said(StatusCode::OK, &pod)
                    }
                    None => missing(),
                })
            }
            (Method::GET, ["api", "v1", "namespaces", NAMESPACE, "pods", name]) => self
                .look(|pods| pods.present.get(*name).map_or_else(missing, |pod| said(StatusCode::OK, pod))),
            (Method::PATCH | Method::PUT, _) => {
                let mut object = body(request).await;
                object["metadata"]["uid"] = json!("made");
                object["metadata"]["resourceVersion"] = json!("1");
                said(StatusCode::OK, &object)
            }
            (Method::GET, ["api", "v1", "nodes", name]) => {
                let labels = json!({(marks::SYNTHESISED): "true"});
                let metadata = json!({"name": name, "uid": "made", "resourceVersion": "1", "labels": labels});
                said(StatusCode::OK, &json!({"metadata": metadata}))
            }
            _ => answer(request, true).await,
        }
    }

    fn changed(&self, name: &str, patch: &Value) -> Answer {
        self.change(|pods| {
            let Some(mut pod) = pods.present.get(name).cloned() else { return missing() };
            merge(&mut pod, patch);
            pods.store("MODIFIED", name, pod);
            said(StatusCode::OK, &pods.present[name])
        })
    }

    /// What has come since the version that the query names, and what comes.
    fn watched(&self, query: &str) -> Answer {
        let since = query.split('&').find_map(|part| part.strip_prefix("resourceVersion="));
        let since: u64 = since.and_then(|version| version.parse().ok()).unwrap_or_default();
        let at = self.look(|pods| pods.events.partition_point(|(version, _)| *version <= since));
        let events = futures::stream::unfold((self.clone(), at), |(tenant, at)| async move {
            let mut newest = tenant.0.newest.subscribe();
            let is_there = newest.wait_for(|_| tenant.look(|pods| pods.events.len() > at));
            drop(is_there.await.ok()?);
            let (_, event) = tenant.look(|pods| pods.events[at].clone());
            Some((Ok::<_, Infallible>(Frame::data(event)), (tenant, at + 1)))
        });
        Response::new(UnsyncBoxBody::new(StreamBody::new(events)))
    }
}

impl Pods {
    fn list(&self, items: &[Value]) -> Answer {
        let mut all = list(items);
        all["metadata"]["resourceVersion"] = json!(self.version.to_string());
        said(StatusCode::OK, &all)
    }

    fn store(&mut self, event: &str, name: &str, mut pod: Value) {
        self.tell(event, &mut pod);
        self.present.insert(name.to_owned(), pod);
    }

    fn tell(&mut self, event: &str, pod: &mut Value) {
        self.version += 1;
        pod["metadata"]["resourceVersion"] = json!(self.version.to_string());
        // In this order: who reads it wants to know the type first.
        let line = format!("{{\"type\":\"{event}\",\"object\":{pod}}}\n");
        self.events.push((self.version, line.into()));
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

fn missing() -> Answer {
    let status =
        json!({"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404, "message": ""});
    said(StatusCode::NOT_FOUND, &status)
}
