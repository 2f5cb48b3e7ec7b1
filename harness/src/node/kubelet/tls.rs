//! What a kubelet serves with, and whom it trusts.

use std::sync::Arc;

use rustls::{RootCertStore, ServerConfig, crypto::ring, server::WebPkiClientVerifier};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio_rustls::TlsAcceptor;

use crate::host::pki::Issued;

/// Certificates that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("not PEM: {0}")]
    Pem(#[from] rustls_pki_types::pem::Error),
    #[error("not usable: {0}")]
    Rustls(#[from] rustls::Error),
    #[error("no verifier for clients: {0}")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
}

/// Serves with `own`; clients must show a certificate of the authority `clients` (PEM).
pub(crate) fn acceptor(own: &Issued, clients: &str) -> Result<TlsAcceptor, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(clients.as_bytes()) {
        roots.add(certificate?)?;
    }
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build()?;
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(own.certificate.as_bytes()).collect::<Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes())?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
