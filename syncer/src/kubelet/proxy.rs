//! Carries one request to the host, and where it is upgraded, its bytes both ways, unread.

use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use kube::client::Body;

use super::reply::{Answer, say};

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

/// Asks the host for `path` what was asked of us. `client` must speak HTTP/1.1.
pub(super) async fn forward(client: &kube::Client, mut request: Request<Incoming>, path: &str) -> Answer {
    let mut onward = Request::new(Body::empty());
    *onward.method_mut() = request.method().clone();
    *onward.headers_mut() = carried(request.headers());
    match path.parse() {
        Ok(uri) => *onward.uri_mut() = uri,
        Err(_) => return say(StatusCode::BAD_REQUEST, "the request's parameters make no address"),
    }
    let mut response = match client.send(onward).await {
        Ok(response) => response,
        Err(error) => {
            tracing::warn!(%error, "the host does not answer");
            return say(StatusCode::BAD_GATEWAY, "the host does not answer");
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
