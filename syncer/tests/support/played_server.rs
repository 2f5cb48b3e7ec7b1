//! An API server that is played: TLS and HTTP/2 with a certificate of the tests, and an answer for each request.

use std::{convert::Infallible, net::SocketAddr, path::Path, sync::Arc};

use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use hyper::{
    body::{Bytes, Incoming},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_rustls::TlsAcceptor;

/// What it answers.
pub(crate) type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// Runs until it is dropped.
pub(crate) struct PlayedServer {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for PlayedServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl PlayedServer {
    /// With the certificate in `folder`.
    pub(crate) async fn start<A, F>(folder: &Path, answer: A) -> Self
    where
        A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Answer> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let tls = acceptor(folder);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, answer) = (tls.clone(), answer.clone());
                tokio::spawn(async move {
                    let Ok(stream) = tls.accept(stream).await else { return };
                    let serve = service_fn(move |request| {
                        let answered = answer(request);
                        async move { Ok::<_, Infallible>(answered.await) }
                    });
                    let server = auto::Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(TokioIo::new(stream), serve).await;
                });
            }
        });
        Self { address, task }
    }
}

fn acceptor(folder: &Path) -> TlsAcceptor {
    let certificates = CertificateDer::pem_file_iter(folder.join("server.crt")).and_then(Iterator::collect);
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).expect("a key");
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(certificates.expect("certificates"), key)
        .expect("a certificate and its key");
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}
