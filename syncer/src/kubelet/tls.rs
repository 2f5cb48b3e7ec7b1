//! The endpoint's TLS: a client certificate is required, not asked for.

use std::{path::Path, sync::Arc};

use rustls::{RootCertStore, ServerConfig, server::WebPkiClientVerifier};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio_rustls::TlsAcceptor;

use super::{KubeletError, Options};

pub(super) fn acceptor(options: &Options) -> Result<TlsAcceptor, KubeletError> {
    let wrong = |error: &dyn std::fmt::Display| KubeletError::Tls(error.to_string());
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&options.client_authority)? {
        roots.add(certificate).map_err(|error| wrong(&error))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .build()
        .map_err(|error| wrong(&error))?;
    let key = PrivateKeyDer::from_pem_file(&options.key).map_err(|error| file(&options.key, &error))?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(&error))?
        .with_client_cert_verifier(verifier)
        .with_single_cert(certificates(&options.certificate)?, key)
        .map_err(|error| wrong(&error))?;
    // An upgrade takes a whole connection, so every request may as well.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, KubeletError> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error: rustls_pki_types::pem::Error| file(path, &error))
}

fn file(path: &Path, reason: &dyn std::fmt::Display) -> KubeletError {
    KubeletError::File { path: path.to_owned(), reason: reason.to_string() }
}
