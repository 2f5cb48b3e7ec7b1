//! A certificate authority and what it issues.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};

/// A key or certificate that could not be made: a bug, or a name that no certificate can carry.
#[derive(Debug, thiserror::Error)]
#[error("cannot make the certificate {name}: {source}")]
pub struct PkiError {
    /// The common name that was asked for.
    name: String,
    /// What the library said.
    source: rcgen::Error,
}

/// A certificate with its private key, both PEM.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate.
    pub certificate: String,
    /// The private key, PKCS #8.
    pub key: String,
}

/// A self-signed certificate authority.
#[derive(Debug)]
pub struct Authority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Makes an authority.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn new(name: &str) -> Result<Self, PkiError> {
        let fail = |source| PkiError { name: name.to_owned(), source };
        let mut params = CertificateParams::default();
        params.distinguished_name = subject(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages =
            vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate().map_err(fail)?;
        let certificate = params.self_signed(&key).map_err(fail)?.pem();
        Ok(Self { certificate, issuer: Issuer::new(params, key) })
    }

    /// The authority that was made before, by its certificate and key, both PEM.
    ///
    /// # Errors
    /// When they are no certificate and key.
    pub fn load(name: &str, certificate: &str, key: &str) -> Result<Self, PkiError> {
        let fail = |source| PkiError { name: name.to_owned(), source };
        let key = KeyPair::from_pem(key).map_err(fail)?;
        let issuer = Issuer::from_ca_cert_pem(certificate, key).map_err(fail)?;
        Ok(Self { certificate: certificate.to_owned(), issuer })
    }

    /// The authority's own certificate, PEM.
    pub fn certificate(&self) -> String {
        self.certificate.clone()
    }

    /// The authority's own private key, PEM: for who signs requests in its name.
    pub fn key(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// A certificate by which a client proves that it is `user` in `groups`.
    ///
    /// # Errors
    /// When the name cannot be put in a certificate.
    pub fn client(&self, user: &str, groups: &[&str]) -> Result<Issued, PkiError> {
        self.issue(user, groups, &[], &[ExtendedKeyUsagePurpose::ClientAuth])
    }

    /// A certificate of a server that is reached by `names`: DNS names and addresses.
    ///
    /// # Errors
    /// When a name cannot be put in a certificate.
    pub fn server(&self, common_name: &str, names: &[String]) -> Result<Issued, PkiError> {
        self.issue(common_name, &[], names, &[ExtendedKeyUsagePurpose::ServerAuth])
    }

    /// A certificate of a server that also dials its peers, as etcd does.
    ///
    /// # Errors
    /// When a name cannot be put in a certificate.
    pub fn peer(&self, common_name: &str, names: &[String]) -> Result<Issued, PkiError> {
        let usages = [ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(common_name, &[], names, &usages)
    }

    /// The validity is the library's: centuries around now. A host lives for minutes, and a machine's clock may be off.
    fn issue(
        &self,
        common_name: &str,
        groups: &[&str],
        names: &[String],
        usages: &[ExtendedKeyUsagePurpose],
    ) -> Result<Issued, PkiError> {
        let fail = |source| PkiError { name: common_name.to_owned(), source };
        let mut params = CertificateParams::new(names).map_err(fail)?;
        params.distinguished_name = subject(common_name, groups);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = usages.to_vec();
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().map_err(fail)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(fail)?;
        Ok(Issued { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}

/// A key pair for signing tokens and checking them, both PEM.
#[derive(Clone, Debug)]
pub struct Signer {
    /// The private key, PKCS #8.
    pub private: String,
    /// The public key.
    pub public: String,
}

impl Signer {
    /// Makes a key pair.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn new() -> Result<Self, PkiError> {
        let key = KeyPair::generate().map_err(|source| PkiError { name: "token signer".into(), source })?;
        Ok(Self { private: key.serialize_pem(), public: key.public_key_pem() })
    }
}

/// Kubernetes reads the user from the common name and the groups from the organizations.
fn subject(common_name: &str, groups: &[&str]) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, common_name);
    for group in groups {
        subject.push(DnType::OrganizationName, *group);
    }
    subject
}

#[cfg(test)]
mod tests {
    use x509_parser::{certificate::X509Certificate, extensions::GeneralName, pem::parse_x509_pem};

    use super::*;

    fn parsed<T>(pem: &str, look: impl FnOnce(&X509Certificate<'_>) -> T) -> T {
        let (_, pem) = parse_x509_pem(pem.as_bytes()).unwrap();
        look(&pem.parse_x509().unwrap())
    }

    #[test]
    fn a_client_carries_its_user_and_group() {
        let authority = Authority::new("test").unwrap();
        let issued = authority.client("tenantbench-admin", &["system:masters"]).unwrap();
        let subject = parsed(&issued.certificate, |certificate| certificate.subject().to_string());
        assert!(subject.contains("CN=tenantbench-admin"), "{subject}");
        assert!(subject.contains("O=system:masters"), "{subject}");
    }

    #[test]
    fn a_server_is_known_by_its_names_and_addresses() {
        let authority = Authority::new("test").unwrap();
        let names = ["kubernetes".to_owned(), "10.96.0.1".to_owned()];
        let issued = authority.server("kube-apiserver", &names).unwrap();
        let kinds = parsed(&issued.certificate, |certificate| {
            let extension = certificate.subject_alternative_name().unwrap().unwrap();
            extension
                .value
                .general_names
                .iter()
                .map(|name| matches!(name, GeneralName::IPAddress(_)))
                .collect::<Vec<_>>()
        });
        assert_eq!(kinds, [false, true]);
    }

    #[test]
    fn a_leaf_is_signed_by_its_authority_and_by_no_other() {
        let (ours, other) = (Authority::new("same").unwrap(), Authority::new("same").unwrap());
        let issued = ours.client("someone", &[]).unwrap();
        let verifies = |authority: &Authority| {
            parsed(&authority.certificate(), |ca| {
                parsed(&issued.certificate, |leaf| leaf.verify_signature(Some(ca.public_key())).is_ok())
            })
        };
        assert!(verifies(&ours));
        assert!(!verifies(&other));
    }

    #[test]
    fn an_authority_that_was_put_away_signs_as_before() {
        let made = Authority::new("kept").unwrap();
        let loaded = Authority::load("kept", &made.certificate(), &made.key()).unwrap();
        let issued = loaded.client("someone", &[]).unwrap();
        parsed(&made.certificate(), |ca| {
            parsed(&issued.certificate, |leaf| {
                assert_eq!(leaf.issuer(), ca.subject());
                assert!(leaf.verify_signature(Some(ca.public_key())).is_ok());
            });
        });
    }
}
