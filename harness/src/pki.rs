//! Certificates: one authority type for hosts and for virtual clusters.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, KeyPair, KeyUsagePurpose,
};

/// A certificate and its private key, both PEM.
#[derive(Clone)]
pub struct Identity {
    /// The certificate.
    pub certificate: String,
    /// The private key, PKCS#8.
    pub key: String,
}

/// A certificate authority that lives as long as the run that made it.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A key or certificate could not be made: out of entropy, or a name that no certificate can hold.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a certificate for {subject}: {source}; check the name")]
pub struct PkiError {
    subject: String,
    source: rcgen::Error,
}

impl Authority {
    /// Makes a self-signed authority with a new P-256 key.
    ///
    /// # Errors
    /// [`PkiError`] where no key can be made.
    pub fn new(name: &str) -> Result<Self, PkiError> {
        let wrap = |source| PkiError { subject: name.to_owned(), source };
        let mut params = CertificateParams::new(Vec::new()).map_err(wrap)?;
        params.distinguished_name = subject(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate().map_err(wrap)?;
        Ok(Self { issuer: CertifiedIssuer::self_signed(params, key).map_err(wrap)? })
    }

    /// The authority's own certificate and key, for programs that sign with it themselves.
    pub fn identity(&self) -> Identity {
        Identity { certificate: self.issuer.pem(), key: self.issuer.key().serialize_pem() }
    }

    /// A certificate for a server that is reached under `names` (DNS names or addresses).
    ///
    /// # Errors
    /// [`PkiError`] where a name is not fit for a certificate.
    pub fn server(&self, name: &str, names: &[String]) -> Result<Identity, PkiError> {
        self.issue(name, &[], names, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// A certificate for the user `name` in `groups`, as Kubernetes reads them from CN and O.
    ///
    /// # Errors
    /// [`PkiError`] where a name is not fit for a certificate.
    pub fn client(&self, name: &str, groups: &[&str]) -> Result<Identity, PkiError> {
        self.issue(name, groups, &[], ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn issue(
        &self,
        name: &str,
        groups: &[&str],
        names: &[String],
        usage: ExtendedKeyUsagePurpose,
    ) -> Result<Identity, PkiError> {
        let wrap = |source| PkiError { subject: name.to_owned(), source };
        let mut params = CertificateParams::new(names.to_vec()).map_err(wrap)?;
        params.distinguished_name = subject(name, groups);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().map_err(wrap)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(wrap)?;
        Ok(Identity { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}

/// A key pair that signs service account tokens: private PKCS#8 PEM, public PEM.
///
/// # Errors
/// [`PkiError`] where no key can be made.
pub fn signing_key() -> Result<(String, String), PkiError> {
    let key =
        KeyPair::generate().map_err(|source| PkiError { subject: "service accounts".into(), source })?;
    Ok((key.serialize_pem(), key.public_key_pem()))
}

/// A request for a client certificate, and the private key that it is for; both PEM.
///
/// # Errors
/// [`PkiError`] where no key can be made.
pub fn signing_request(user: &str, groups: &[&str]) -> Result<Identity, PkiError> {
    let wrap = |source| PkiError { subject: user.to_owned(), source };
    let mut params = CertificateParams::new(Vec::new()).map_err(wrap)?;
    params.distinguished_name = subject(user, groups);
    let key = KeyPair::generate().map_err(wrap)?;
    let request = params.serialize_request(&key).and_then(|request| request.pem()).map_err(wrap)?;
    Ok(Identity { certificate: request, key: key.serialize_pem() })
}

fn subject(name: &str, groups: &[&str]) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    for group in groups {
        subject.push(DnType::OrganizationName, *group);
    }
    subject.push(DnType::CommonName, name);
    subject
}

#[cfg(test)]
mod tests {
    use x509_parser::prelude::*;

    use super::*;

    #[test]
    fn a_client_certificate_carries_user_and_group_where_kubernetes_reads_them() {
        let authority = Authority::new("ca").unwrap();
        let identity = authority.client("tenantbench:a", &["tenants"]).unwrap();
        let (_, pem) = parse_x509_pem(identity.certificate.as_bytes()).unwrap();
        let certificate = pem.parse_x509().unwrap();
        let subject = certificate.subject();
        assert_eq!(subject.iter_common_name().next().unwrap().as_str().unwrap(), "tenantbench:a");
        assert_eq!(subject.iter_organization().next().unwrap().as_str().unwrap(), "tenants");
    }
}
