//! Which request is answered how.

use std::sync::Arc;

use axum::extract::Query;
use http::{Method, Request, StatusCode};
use hyper::body::Incoming;
use kube::ResourceExt;
use parking_lot::RwLock;
use serde_json::json;

use super::{
    exec, logs, port_forward,
    reply::{self, Reply},
};
use crate::node::pod::{Context, ServedContainer, ServedPod};

/// The pairs of a query, in order.
pub(super) type Pairs = Vec<(String, String)>;

pub(super) async fn answer(context: Arc<Context>, node: &str, request: Request<Incoming>) -> Reply {
    let path = request.uri().path().trim_matches('/').to_owned();
    let parts: Vec<_> = path.split('/').collect();
    let get = request.method() == Method::GET;
    match parts.as_slice() {
        ["healthz"] => reply::text(StatusCode::OK, "ok"),
        ["pods"] if get => reply::json(&pods(&context, node)),
        ["stats", "summary"] if get => reply::json(&json!({ "node": { "nodeName": node }, "pods": [] })),
        ["containerLogs", namespace, pod, container] if get => {
            match find(&context, node, [namespace, pod, container]) {
                Ok(container) => logs::answer(&container, &pairs(&request)),
                Err((status, text)) => reply::text(status, text),
            }
        }
        ["exec", namespace, pod, container] => match find(&context, node, [namespace, pod, container]) {
            Ok(container) => exec::answer(&context, container, request),
            Err((status, text)) => reply::text(status, text),
        },
        ["portForward", namespace, pod] => match address(&context, node, [namespace, pod]) {
            Ok(address) => port_forward::answer(&context, &address, request),
            Err((status, text)) => reply::text(status, text),
        },
        ["attach" | "run", ..] => reply::text(
            StatusCode::NOT_IMPLEMENTED,
            "simulated nodes offer logs, exec and port-forward by WebSocket only",
        ),
        _ => reply::text(StatusCode::NOT_FOUND, "no such page"),
    }
}

pub(super) fn pairs(request: &Request<Incoming>) -> Pairs {
    Query::<Pairs>::try_from_uri(request.uri()).map(|query| query.0).unwrap_or_default()
}

/// Why a request about a container is refused.
type Refusal = (StatusCode, String);

/// The pod that a request names, if it is this node's and runs as processes.
fn running(
    context: &Context,
    node: &str,
    [namespace, pod]: [&str; 2],
) -> Result<Arc<RwLock<ServedPod>>, Refusal> {
    let no_pod = || (StatusCode::NOT_FOUND, format!("pod {namespace}/{pod} is not on node {node}"));
    let found = context.registry.get(namespace, pod).ok_or_else(no_pod)?;
    let served = found.read();
    let spec = served.pod.spec.as_ref();
    spec.filter(|spec| spec.node_name.as_deref() == Some(node)).ok_or_else(no_pod)?;
    if served.simulated {
        let text = format!("pod {namespace}/{pod} is simulated: its images have no program on this host");
        return Err((StatusCode::NOT_IMPLEMENTED, text));
    }
    drop(served);
    Ok(found)
}

/// The address of the pod that a request names.
fn address(context: &Context, node: &str, pod: [&str; 2]) -> Result<String, Refusal> {
    let served = running(context, node, pod)?;
    let served = served.read();
    let address = served.pod.status.as_ref().and_then(|status| status.pod_ip.clone());
    address.ok_or_else(|| (StatusCode::BAD_REQUEST, format!("pod {} has no address yet", pod.join("/"))))
}

/// The container that a request names, if it is this node's and was started.
fn find(
    context: &Context,
    node: &str,
    [namespace, pod, container]: [&str; 3],
) -> Result<ServedContainer, Refusal> {
    let served = running(context, node, [namespace, pod])?;
    let served = served.read();
    if let Some(found) = served.containers.get(container) {
        return Ok(found.clone());
    }
    let spec = served.pod.spec.iter();
    let mut all = spec.flat_map(|spec| spec.init_containers.iter().flatten().chain(&spec.containers));
    Err(if all.any(|one| one.name == container) {
        (StatusCode::BAD_REQUEST, format!("container {container:?} in pod {pod:?} is waiting to start"))
    } else {
        (StatusCode::NOT_FOUND, format!("container {container:?} not found in pod {pod:?}"))
    })
}

fn pods(context: &Context, node: &str) -> serde_json::Value {
    let mut items = context.registry.of_node(node);
    items.sort_by_key(|pod| (pod.namespace(), pod.name_any()));
    let items: Vec<_> = items.iter().map(AsRef::as_ref).collect();
    json!({ "kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items })
}
