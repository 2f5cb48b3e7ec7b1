//! Which request is answered how.

use http::{Request, StatusCode};
use hyper::body::Incoming;
use serde_json::Value;

use super::{
    Backing, figures,
    own::{self, Placed},
    pods, proxy, refusal,
    reply::{Answer, say, tell},
    route::{LOG, Route, node, route},
};
use crate::{
    index::Id,
    kinds::{Kind, Side},
    sync::Tenant,
    translate::event::Wording,
};

const SERVED: &str = "this kubelet serves logs, exec, attach and port-forward of the virtual cluster's pods, /pods, \
                      /runningpods/, /metrics, /metrics/{cadvisor,resource,probes} and /stats/summary";

/// Answers a request of the tenant's API server.
pub(super) async fn answer(backing: &Backing, request: Request<Incoming>) -> Answer {
    let uri = request.uri();
    let forwarded = request.headers().get("x-forwarded-uri").and_then(|value| value.to_str().ok());
    let node = forwarded.and_then(node);
    let tenant = &backing.tenant;
    match route(uri.path(), uri.query().unwrap_or_default()) {
        None => say(StatusCode::NOT_FOUND, SERVED),
        Some(Route::Healthy) => say(StatusCode::OK, "ok"),
        Some(Route::Pods) => list(tenant, node, pods::all).await,
        Some(Route::RunningPods) => list(tenant, node, |placed| pods::running(&placed)).await,
        Some(Route::Metrics(page)) => figures::metrics(backing, node, page).await,
        Some(Route::Summary) => figures::summary(backing, node).await,
        Some(Route::Pod { id, subresource, query }) => {
            let Some(path) = host_path(tenant, &id, subresource, &query) else {
                return say(StatusCode::NOT_FOUND, "no such pod");
            };
            tracing::debug!(namespace = &*id.namespace, pod = &*id.name, subresource, side = ?Side::Host, "forwarded");
            let answer = proxy::forward(&backing.upgrades, request, &path).await;
            if subresource != LOG {
                return answer;
            }
            let wording = Wording::new(&tenant.settings().names, &id.namespace).with_object(&id);
            refusal::unwrapped(answer, &wording).await
        }
    }
}

/// Where the host has something of a pod; none for a pod that is not on both sides.
fn host_path(tenant: &Tenant, id: &Id, subresource: &str, query: &str) -> Option<String> {
    let is_own = tenant
        .index(|index| index.pods.get(id).is_some_and(|pair| pair.tenant.is_some() && pair.host.is_some()));
    let names = &tenant.settings().names;
    let pod = Kind::Pod.path(names.host_namespace(), &names.host(&id.namespace, &id.name));
    is_own.then(|| format!("{pod}/{subresource}?{query}"))
}

async fn list(tenant: &Tenant, node: Option<&str>, shape: impl FnOnce(Vec<Placed>) -> Value) -> Answer {
    match own::placed(tenant, node).await {
        Ok(placed) => tell(&shape(placed)),
        Err(error) => unlisted(&error),
    }
}

/// The tenant's pods cannot be listed.
pub(super) fn unlisted(error: &kube::Error) -> Answer {
    tracing::warn!(%error, "the tenant's pods cannot be listed for its kubelet endpoint");
    say(StatusCode::BAD_GATEWAY, "the virtual cluster's API does not list its pods")
}
