//! The streaming half of a host kubelet: it answers logs with the request that it got, and exec with what it was sent.

use std::{convert::Infallible, path::Path, sync::Arc};

use futures::{SinkExt, StreamExt};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::{
    body::{Bytes, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use k8s_openapi::api::core::v1::Node;
use kube::{Api, Client};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use serde_json::json;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, handshake::derive_accept_key, protocol::Role},
};

/// Serves until it is dropped.
pub(crate) struct HostStreams(JoinHandle<()>);

impl Drop for HostStreams {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl HostStreams {
    pub(super) async fn start(host: &Client, folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let node = json!({"metadata": {"name": "node-1"}, "status": {
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
            "declaredFeatures": ["ExtendWebSocketsToKubelet"],
        }});
        super::create(&Api::<Node>::all(host.clone()), node).await;
        let tls = acceptor(folder);
        Self(tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let tls = tls.clone();
                tokio::spawn(async move {
                    let Ok(stream) = tls.accept(stream).await else { return };
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service_fn(answer))
                        .with_upgrades()
                        .await;
                });
            }
        }))
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

async fn answer(mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let asked = request.uri().to_string();
    let Some(key) = request.headers().get("sec-websocket-key").cloned() else {
        return Ok(Response::new(Full::from(format!("{asked}\n"))));
    };
    let protocol = offered(request.headers());
    tokio::spawn(async move {
        let upgraded = hyper::upgrade::on(&mut request).await.expect("an upgrade");
        echo(WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await, asked).await;
    });
    let response = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-accept", derive_accept_key(key.as_bytes()))
        .header("sec-websocket-protocol", protocol);
    Ok(response.body(Full::default()).expect("a response"))
}

fn offered(headers: &HeaderMap) -> String {
    let offered =
        headers.get("sec-websocket-protocol").and_then(|value| value.to_str().ok()).unwrap_or_default();
    offered.split(',').next().unwrap_or_default().trim().to_owned()
}

/// Says what was asked, gives back one message of standard input, and ends well.
async fn echo<S>(mut socket: WebSocketStream<S>, asked: String)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let frame = |channel: u8, text: &[u8]| {
        let mut bytes = vec![channel];
        bytes.extend_from_slice(text);
        Message::Binary(bytes.into())
    };
    socket.send(frame(1, format!("{asked}\n").as_bytes())).await.expect("sent");
    while let Some(Ok(message)) = socket.next().await {
        let Message::Binary(bytes) = message else { continue };
        if let Some((0, text)) = bytes.split_first().map(|(channel, text)| (*channel, text))
            && !text.is_empty()
        {
            socket.send(frame(1, text)).await.expect("sent");
            break;
        }
    }
    let status = json!({"metadata": {}, "status": "Success"}).to_string();
    socket.send(frame(3, status.as_bytes())).await.expect("sent");
    let _ = socket.close(None).await;
}
