//! The kubelet API of a node: logs, exec and port-forward. It has no port; connections come by the egress socket.

mod exec;
mod logs;
mod port_forward;
mod reply;
mod routes;
mod tls;
mod websocket;

use std::sync::Arc;

use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::net::UnixStream;
use tokio_rustls::TlsAcceptor;

pub(super) use tls::acceptor;

use super::{network::Kubelet, pod::Context};

/// The kubelet of the node `name`.
pub(super) fn serve(context: Arc<Context>, name: String, tls: TlsAcceptor) -> Kubelet {
    let node: Arc<str> = name.into();
    Arc::new(move |stream: UnixStream| {
        let (context, node, tls) = (Arc::clone(&context), Arc::clone(&node), tls.clone());
        tokio::spawn(async move {
            if let Err(error) = converse(context, node, tls, stream).await {
                tracing::debug!(%error, "a connection to a kubelet ended");
            }
        });
    })
}

async fn converse(
    context: Arc<Context>,
    node: Arc<str>,
    tls: TlsAcceptor,
    stream: UnixStream,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let stream = tls.accept(stream).await?;
    let answer = service_fn(move |request| {
        let (context, node) = (Arc::clone(&context), Arc::clone(&node));
        async move { Ok::<_, std::convert::Infallible>(routes::answer(context, &node, request).await) }
    });
    auto::Builder::new(TokioExecutor::new())
        .serve_connection_with_upgrades(TokioIo::new(stream), answer)
        .await
}
