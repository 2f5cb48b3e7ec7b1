//! Carries one request to the host, and where it is upgraded, its bytes both ways, unread.

use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use kube::client::Body;

use super::route::{Route, route};
use crate::{
    kinds::{Kind, Side},
    sync::Tenant,
};

pub(super) type Answer = Response<UnsyncBoxBody<Bytes, kube::Error>>;

/// Headers of an upgrade; no other header goes either way.
const CARRIED: [&str; 9] = [
    "connection",
    "upgrade",
    "content-type",
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-protocol",
    "sec-websocket-accept",
    "x-stream-protocol-version",
    "x-accepted-stream-protocol-versions",
];

/// Answers a request of the tenant's API server.
pub(super) async fn answer(tenant: &Tenant, client: &kube::Client, request: Request<Incoming>) -> Answer {
    let uri = request.uri();
    match route(uri.path(), uri.query().unwrap_or_default()) {
        None => refuse(StatusCode::NOT_FOUND, "this kubelet serves logs, exec, attach and port-forward"),
        Some(Route::Healthy) => refuse(StatusCode::OK, "ok"),
        Some(Route::Pod { id, subresource, query }) => {
            let is_own = tenant.index(|index| {
                index.pods.get(&id).is_some_and(|pair| pair.tenant.is_some() && pair.host.is_some())
            });
            if !is_own {
                return refuse(StatusCode::NOT_FOUND, "no such pod");
            }
            let names = &tenant.settings().names;
            let pod = Kind::Pod.path(names.host_namespace(), &names.host(&id.namespace, &id.name));
            let path = format!("{pod}/{subresource}?{query}");
            tracing::debug!(namespace = &*id.namespace, pod = &*id.name, subresource, side = ?Side::Host, "forwarded");
            forward(client, request, &path).await
        }
    }
}

async fn forward(client: &kube::Client, mut request: Request<Incoming>, path: &str) -> Answer {
    let mut onward = Request::new(Body::empty());
    *onward.method_mut() = request.method().clone();
    *onward.headers_mut() = carried(request.headers());
    match path.parse() {
        Ok(uri) => *onward.uri_mut() = uri,
        Err(_) => return refuse(StatusCode::BAD_REQUEST, "the request's parameters make no address"),
    }
    let mut response = match client.send(onward).await {
        Ok(response) => response,
        Err(error) => {
            tracing::warn!(%error, "the host does not answer");
            return refuse(StatusCode::BAD_GATEWAY, "the host does not answer");
        }
    };
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        let (near, far) = (hyper::upgrade::on(&mut request), hyper::upgrade::on(&mut response));
        tokio::spawn(join(near, far));
    }
    let mut answer = Response::new(());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = carried(response.headers());
    answer.map(|()| response.into_body().boxed_unsync())
}

async fn join(near: hyper::upgrade::OnUpgrade, far: hyper::upgrade::OnUpgrade) {
    let Ok((near, far)) = tokio::try_join!(near, far) else { return };
    // Either end may break off at will; there is nobody to tell.
    let _ = tokio::io::copy_bidirectional(&mut TokioIo::new(near), &mut TokioIo::new(far)).await;
}

fn carried(headers: &HeaderMap) -> HeaderMap {
    let kept = headers.iter().filter(|(name, _)| CARRIED.contains(&name.as_str()));
    let mut carried = HeaderMap::new();
    kept.for_each(|(name, value)| {
        carried.append(name, value.clone());
    });
    carried
}

fn refuse(status: StatusCode, reason: &'static str) -> Answer {
    let body =
        Full::new(Bytes::from_static(reason.as_bytes())).map_err(|never| match never {}).boxed_unsync();
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/plain"));
    answer
}
