//! A request for a client certificate, to be signed by somebody else's authority.

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};

/// A request and the private key that it is for; both PEM.
pub(super) struct SigningRequest {
    pub(super) request: String,
    pub(super) key: String,
}

/// The request could not be made: a name that no certificate can carry.
#[derive(Debug, thiserror::Error)]
#[error("cannot ask for a certificate for {user}: {source}; use a plain user name")]
pub struct SigningRequestError {
    user: String,
    source: rcgen::Error,
}

impl SigningRequest {
    /// A request for `user` with a new key.
    pub(super) fn new(user: &str) -> Result<Self, SigningRequestError> {
        let wrap = |source| SigningRequestError { user: user.to_owned(), source };
        let mut params = CertificateParams::new(Vec::new()).map_err(wrap)?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, user);
        let key = KeyPair::generate().map_err(wrap)?;
        let request = params.serialize_request(&key).and_then(|request| request.pem()).map_err(wrap)?;
        Ok(Self { request, key: key.serialize_pem() })
    }
}
