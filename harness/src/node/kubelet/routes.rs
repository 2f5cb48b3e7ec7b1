//! Which request is answered how.

use std::sync::Arc;

use axum::extract::Query;
use http::{Method, Request, StatusCode};
use hyper::body::Incoming;
use kube::ResourceExt;
use serde_json::json;

use super::{
    exec, logs,
    reply::{self, Reply},
};
use crate::node::pod::{Context, ServedContainer};

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
        ["attach" | "portForward" | "run", ..] => {
            reply::text(StatusCode::NOT_IMPLEMENTED, "simulated nodes offer logs and exec by WebSocket only")
        }
        _ => reply::text(StatusCode::NOT_FOUND, "no such page"),
    }
}

pub(super) fn pairs(request: &Request<Incoming>) -> Pairs {
    Query::<Pairs>::try_from_uri(request.uri()).map(|query| query.0).unwrap_or_default()
}

/// Why a request about a container is refused.
type Refusal = (StatusCode, String);

/// The container that a request names, if it is this node's and was started.
fn find(
    context: &Context,
    node: &str,
    [namespace, pod, container]: [&str; 3],
) -> Result<ServedContainer, Refusal> {
    let no_pod = || (StatusCode::NOT_FOUND, format!("pod {namespace}/{pod} is not on node {node}"));
    let served = context.registry.get(namespace, pod).ok_or_else(no_pod)?;
    let served = served.read();
    let spec = served.pod.spec.as_ref();
    let spec = spec.filter(|spec| spec.node_name.as_deref() == Some(node)).ok_or_else(no_pod)?;
    if served.simulated {
        let text = format!("pod {namespace}/{pod} is simulated: its images have no program on this host");
        return Err((StatusCode::NOT_IMPLEMENTED, text));
    }
    if let Some(found) = served.containers.get(container) {
        return Ok(found.clone());
    }
    let mut all = spec.init_containers.iter().flatten().chain(&spec.containers);
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
