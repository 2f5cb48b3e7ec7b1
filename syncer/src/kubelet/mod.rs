//! The kubelet of a tenant's Nodes: what the tenant's API server asks of it is answered by the host's pod subresources,
//! for that tenant's pods only.

mod proxy;
mod route;
mod tls;

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::sync::Tenant;

/// Where the endpoint listens and what it shows and asks for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Its serving certificate, PEM, with the Nodes' address among its names.
    pub certificate: PathBuf,
    /// The certificate's key, PEM.
    pub key: PathBuf,
    /// The authority, PEM, of the API server's kubelet client certificate. Nobody else gets in.
    pub client_authority: PathBuf,
}

/// An endpoint that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KubeletError {
    /// A file is missing or unreadable.
    #[error("{path} cannot be read: {reason}; check the --kubelet-… flags")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Certificate, key and authority do not make a server.
    #[error("the kubelet endpoint's certificate cannot be used: {0}")]
    Tls(String),
    /// The port is taken.
    #[error("the kubelet endpoint cannot listen on {address}: {source}; choose another --kubelet-port")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// An endpoint that listens.
pub struct Kubelet {
    listener: TcpListener,
    tls: TlsAcceptor,
}

impl Kubelet {
    /// Opens the endpoint.
    ///
    /// # Errors
    /// Unusable files, or a port that is taken.
    pub async fn open(options: &Options) -> Result<Self, KubeletError> {
        let tls = tls::acceptor(options)?;
        let address = options.listen;
        let listener =
            TcpListener::bind(address).await.map_err(|source| KubeletError::Listen { address, source })?;
        Ok(Self { listener, tls })
    }

    /// Serves the pods of `tenant` until `stop`. `client` must speak HTTP/1.1, for upgrades.
    pub async fn serve(self, tenant: Arc<Tenant>, client: kube::Client, stop: CancellationToken) {
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = self.listener.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else { continue };
            let connection = connection(stream, self.tls.clone(), Arc::clone(&tenant), client.clone());
            let stop = stop.clone();
            tokio::spawn(async move {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = connection => {}
                }
            });
        }
    }
}

async fn connection(stream: TcpStream, tls: TlsAcceptor, tenant: Arc<Tenant>, client: kube::Client) {
    let stream = match tls.accept(stream).await {
        Ok(stream) => stream,
        Err(error) => {
            tracing::debug!(%error, "a caller of the kubelet endpoint is turned away");
            return;
        }
    };
    let service = service_fn(|request| {
        let (tenant, client) = (Arc::clone(&tenant), client.clone());
        async move { Ok::<_, std::convert::Infallible>(proxy::answer(&tenant, &client, request).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a kubelet connection broke");
    }
}
