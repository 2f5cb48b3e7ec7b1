//! The kubelet of a tenant's Nodes: what the tenant's API server asks of it is answered by the host's pod subresources
//! and, where the host's roles allow it, by its kubelets, for that tenant's pods only.

mod answer;
mod exposition;
mod figures;
mod own;
mod pods;
mod proxy;
mod reach;
mod refusal;
mod reply;
mod route;
mod summary;
mod tls;

use std::{io::ErrorKind, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

pub use reach::{NodeMetrics, Reach};

use crate::{accept::accept, sync::Tenant};

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

/// What requests are answered with.
#[derive(Clone)]
pub struct Backing {
    /// Whose pods.
    pub tenant: Arc<Tenant>,
    /// The host's API for streams; must speak HTTP/1.1, for upgrades.
    pub upgrades: kube::Client,
    /// The way to the host's kubelets.
    pub reach: Reach,
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
        Ok(Self { listener: listen(options.listen).await?, tls })
    }

    /// The port that it listens on.
    pub fn port(&self) -> Option<u16> {
        self.listener.local_addr().ok().map(|address| address.port())
    }

    /// Serves until `stop`.
    pub async fn serve(self, backing: Backing, stop: CancellationToken) {
        loop {
            let stream = tokio::select! {
                () = stop.cancelled() => return,
                stream = accept(&self.listener) => stream,
            };
            let connection = connection(stream, self.tls.clone(), backing.clone());
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

/// Listens. One that was begun anew may find the port taken by the one before it, which is about to end; nobody tells
/// when a port is free.
async fn listen(address: SocketAddr) -> Result<TcpListener, KubeletError> {
    const AGAIN: Duration = Duration::from_millis(50);
    const TRIES: u32 = 40;
    let mut failures = 0;
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == ErrorKind::AddrInUse && failures < TRIES => failures += 1,
            Err(source) => return Err(KubeletError::Listen { address, source }),
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn connection(stream: TcpStream, tls: TlsAcceptor, backing: Backing) {
    let stream = match tls.accept(stream).await {
        Ok(stream) => stream,
        Err(error) => {
            tracing::debug!(%error, "a caller of the kubelet endpoint is turned away");
            return;
        }
    };
    let service = service_fn(|request| {
        let backing = backing.clone();
        async move { Ok::<_, std::convert::Infallible>(answer::answer(&backing, request).await) }
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
