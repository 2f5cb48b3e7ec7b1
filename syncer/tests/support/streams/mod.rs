//! The endpoint of the host's kubelets: logs, exec, attach and port-forward in every form that clients and API servers
//! speak, and pages of figures as a test sets them. It records what it was asked.

mod program;
mod spdy;
mod websocket;

use std::{collections::HashMap, convert::Infallible, path::Path, sync::Arc};

use futures::StreamExt;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::{
    body::{Bytes, Frame, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use k8s_openapi::api::core::v1::Node;
use kube::{Api, Client};
use parking_lot::Mutex;
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use program::Ask;

/// The host nodes' address, which only its API server reaches: by [`super::egress`].
pub(crate) const HOST_NODE_ADDRESS: &str = "10.250.1.1";

/// Serves until it is dropped.
pub(crate) struct HostStreams {
    task: JoinHandle<()>,
    shared: Arc<Shared>,
    port: u16,
}

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) headers: HeaderMap,
}

impl Recorded {
    /// All values of a header, in order.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect()
    }
}

struct Shared {
    requests: Mutex<Vec<Recorded>>,
    pages: Mutex<HashMap<String, String>>,
    /// One for each line of a followed log that may be told.
    lines: Semaphore,
}

impl Drop for HostStreams {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl HostStreams {
    /// Listens for all nodes.
    pub(super) async fn start(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared {
            requests: Mutex::default(),
            pages: Mutex::default(),
            lines: Semaphore::new(0),
        });
        let (tls, serving) = (acceptor(folder), Arc::clone(&shared));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, shared) = (tls.clone(), Arc::clone(&serving));
                tokio::spawn(async move {
                    let Ok(stream) = tls.accept(stream).await else { return };
                    let service = service_fn(|request| {
                        let shared = Arc::clone(&shared);
                        async move { Ok::<_, Infallible>(answer(&shared, request)) }
                    });
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .with_upgrades()
                        .await;
                });
            }
        });
        Self { task, shared, port }
    }

    /// A node's status, as a kubelet that is reached here would write it.
    pub(crate) fn node_status(&self, address: &str, declares_websockets: bool) -> Value {
        let features: &[&str] = if declares_websockets { &["ExtendWebSocketsToKubelet"] } else { &[] };
        json!({
            "addresses": [{"type": "InternalIP", "address": address}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": self.port}},
            "declaredFeatures": features,
        })
    }

    pub(super) async fn make_node(&self, host: &Client, name: &str, declares_websockets: bool) {
        let status = self.node_status(HOST_NODE_ADDRESS, declares_websockets);
        let node = json!({"metadata": {"name": name}, "status": status});
        super::create(&Api::<Node>::all(host.clone()), node).await;
    }

    /// Answers `path` with `text` from now on.
    pub(crate) fn set_page(&self, path: &str, text: impl Into<String>) {
        self.shared.pages.lock().insert(path.to_owned(), text.into());
    }

    /// Lets followed logs tell one more line.
    pub(crate) fn tell_a_line(&self) {
        self.shared.lines.add_permits(1);
    }

    /// The last request.
    pub(crate) fn last(&self) -> Recorded {
        self.shared.requests.lock().last().cloned().expect("a request")
    }
}

fn acceptor(folder: &Path) -> TlsAcceptor {
    let certificates = CertificateDer::pem_file_iter(folder.join("server.crt")).and_then(Iterator::collect);
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(certificates.expect("certificates"), key)
        .expect("a certificate and its key");
    TlsAcceptor::from(Arc::new(config))
}

type Answer = Response<BoxBody<Bytes, Infallible>>;

fn answer(shared: &Arc<Shared>, mut request: Request<Incoming>) -> Answer {
    let ask = Ask::of(request.uri());
    shared.requests.lock().push(Recorded {
        method: request.method().to_string(),
        uri: ask.uri.clone(),
        headers: request.headers().clone(),
    });
    let upgraded = hyper::upgrade::on(&mut request);
    let headers = request.headers();
    if let Some(key) = headers.get("sec-websocket-key") {
        let protocol = chosen(&offers(headers, "sec-websocket-protocol"));
        let accept = derive_accept_key(key.as_bytes());
        tokio::spawn(websocket::serve(upgraded, protocol.clone(), ask));
        return switch("websocket")
            .header("sec-websocket-accept", accept)
            .header("sec-websocket-protocol", protocol)
            .body(BoxBody::default())
            .expect("an answer");
    }
    if headers.get("upgrade").is_some_and(|upgrade| upgrade == "SPDY/3.1") {
        let protocol = chosen(&offers(headers, "x-stream-protocol-version"));
        tokio::spawn(spdy::serve(upgraded, ask));
        let answer = switch("SPDY/3.1").header("x-stream-protocol-version", protocol);
        return answer.body(BoxBody::default()).expect("an answer");
    }
    if ask.is_followed_log() {
        return Response::new(followed(Arc::clone(shared), ask.uri));
    }
    let path = request.uri().path();
    let page = shared.pages.lock().get(path).cloned();
    let text = page.unwrap_or_else(|| format!("{}\n", ask.uri));
    Response::new(Full::from(text).boxed())
}

fn switch(to: &str) -> http::response::Builder {
    Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header("connection", "Upgrade")
        .header("upgrade", to)
}

fn offers(headers: &HeaderMap, name: &str) -> Vec<String> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|offer| offer.trim().to_owned()).collect()
}

/// The newest of what is offered that a kubelet would speak.
fn chosen(offers: &[String]) -> String {
    const KNOWN: [&str; 4] =
        ["v5.channel.k8s.io", "v4.channel.k8s.io", "SPDY/3.1+portforward.k8s.io", "portforward.k8s.io"];
    let known = KNOWN.iter().find(|known| offers.iter().any(|offer| offer == *known));
    known.unwrap_or_else(|| panic!("unknown protocols: {offers:?}")).to_string()
}

/// The request as its first line at once, then a line each time one may be told, for ever.
fn followed(shared: Arc<Shared>, uri: String) -> BoxBody<Bytes, Infallible> {
    let first = futures::stream::once(async move { format!("{uri}\n") });
    let later = futures::stream::unfold((shared, 1), |(shared, number)| async move {
        shared.lines.acquire().await.expect("never closed").forget();
        Some((format!("line {number}\n"), (shared, number + 1)))
    });
    let lines = first.chain(later).map(|line| Ok(Frame::data(Bytes::from(line))));
    BodyExt::boxed(StreamBody::new(SyncStream(Mutex::new(Box::pin(lines)))))
}

/// A boxed body must be `Sync`, which a stream of futures is not.
struct SyncStream<S>(Mutex<std::pin::Pin<Box<S>>>);

impl<S: futures::Stream> futures::Stream for SyncStream<S> {
    type Item = S::Item;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<S::Item>> {
        self.get_mut().0.lock().as_mut().poll_next(context)
    }
}
