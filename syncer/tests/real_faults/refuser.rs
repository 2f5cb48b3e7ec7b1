//! An API server that refuses everything in one way.

use std::{convert::Infallible, net::SocketAddr, path::Path, sync::Arc};

use http::{Request, Response, StatusCode};
use http_body_util::Full;
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
use serde_json::json;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tokio_rustls::TlsAcceptor;

/// Runs until it is dropped.
pub(crate) struct Refuser {
    pub(crate) address: SocketAddr,
    answers: watch::Sender<usize>,
    task: JoinHandle<()>,
}

impl Drop for Refuser {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Refuser {
    /// With the certificate of the world in `folder`.
    pub(crate) async fn start(folder: &Path, status: StatusCode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let answers = watch::Sender::new(0);
        let task = tokio::spawn(serve(listener, acceptor(folder), status, answers.clone()));
        Self { address, answers, task }
    }

    /// Returns when so many requests have been refused.
    pub(crate) async fn refused(&self, many: usize) {
        self.answers.subscribe().wait_for(|answers| *answers >= many).await.expect("it serves");
    }
}

async fn serve(listener: TcpListener, tls: TlsAcceptor, status: StatusCode, answers: watch::Sender<usize>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, answers) = (tls.clone(), answers.clone());
        tokio::spawn(async move {
            let Ok(stream) = tls.accept(stream).await else { return };
            let refuse = service_fn(move |_: Request<Incoming>| {
                answers.send_modify(|answers| *answers += 1);
                let body = json!({
                    "apiVersion": "v1", "kind": "Status", "status": "Failure", "message": "refused by the test",
                    "reason": "Refused", "code": status.as_u16(),
                });
                let mut response = Response::new(Full::<Bytes>::from(body.to_string()));
                *response.status_mut() = status;
                async move { Ok::<_, Infallible>(response) }
            });
            let _ =
                auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), refuse).await;
        });
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
