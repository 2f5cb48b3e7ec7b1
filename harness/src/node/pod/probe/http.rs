//! HTTP probes. Certificates are not verified, as a kubelet does not.

use std::{net::SocketAddrV4, pin::pin, sync::Arc};

use http::{Request, header::HOST};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use k8s_openapi::api::core::v1::HTTPGetAction;
use rustls::{
    ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

use crate::node::network::Network;

/// Asks once; any answer from 200 to 399 is well.
pub(super) async fn get(
    network: &Network,
    address: SocketAddrV4,
    action: &HTTPGetAction,
) -> Result<(), String> {
    let stream = network.dial(address).await.map_err(|error| error.to_string())?;
    if action.scheme.as_deref() != Some("HTTPS") {
        return ask(stream, address, action).await;
    }
    let name = ServerName::from(std::net::IpAddr::from(*address.ip()));
    let tls = TlsConnector::from(unverified()?).connect(name, stream).await;
    ask(tls.map_err(|error| error.to_string())?, address, action).await
}

async fn ask(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    address: SocketAddrV4,
    action: &HTTPGetAction,
) -> Result<(), String> {
    let text = |error: hyper::Error| error.to_string();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(text)?;
    let path = action.path.as_deref().filter(|path| path.starts_with('/')).unwrap_or("/");
    let mut request = Request::get(path).header("User-Agent", "kube-probe/1.36");
    let mut host = address.to_string();
    for header in action.http_headers.iter().flatten() {
        if header.name.eq_ignore_ascii_case("host") {
            host.clone_from(&header.value);
        } else {
            request = request.header(&header.name, &header.value);
        }
    }
    let request = request.header(HOST, host).body(Empty::<bytes::Bytes>::new());
    let request = request.map_err(|error| error.to_string())?;
    let mut answer = pin!(sender.send_request(request));
    let answer = tokio::select! {
        answer = &mut answer => answer,
        // A server that closes after its answer has ended the connection before the answer is looked at.
        _ = connection => answer.await,
    };
    let status = answer.map_err(text)?.status();
    if (200..400).contains(&status.as_u16()) { Ok(()) } else { Err(format!("HTTP status {status}")) }
}

fn unverified() -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Arc::new(AnyCertificate(provider.signature_verification_algorithms));
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider) as Arc<CryptoProvider>)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(Arc::new(config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()))
}

/// Takes any certificate: a probe asks whether a server answers, not who it is.
#[derive(Debug)]
struct AnyCertificate(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn probed(answer: &'static str) -> Result<(), String> {
        let (near, mut far) = tokio::io::duplex(4096);
        let server = tokio::spawn(async move {
            let mut request = [0; 1024];
            let _ = far.read(&mut request).await;
            far.write_all(answer.as_bytes()).await
        });
        let asked = ask(near, "127.0.0.1:80".parse().unwrap(), &HTTPGetAction::default()).await;
        server.await.unwrap().unwrap();
        asked
    }

    #[tokio::test]
    async fn a_server_that_closes_after_its_answer_has_answered() {
        let answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
        assert_eq!(probed(answer).await, Ok(()));
    }

    #[tokio::test]
    async fn a_server_that_closes_without_an_answer_has_not() {
        let told = probed("").await.unwrap_err();
        assert!(told.contains("closed"), "{told}");
    }
}
