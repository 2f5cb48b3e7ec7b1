//! One authority for everything in a test.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};

use super::{TENANT_NODE_ADDRESS, streams::HOST_NODE_ADDRESS};

/// Files of a throw-away authority, a server certificate for loopback, a client's, and a key that signs tokens.
pub(super) struct Authority {
    folder: PathBuf,
    der: Vec<u8>,
}

impl Authority {
    pub(super) fn new(folder: &Path) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "tests");
        let issuer =
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
        let this = Self { folder: folder.to_owned(), der: issuer.der().to_vec() };
        this.write("ca.crt", &issuer.pem());

        let sans = ["127.0.0.1", "10.96.0.1", "localhost", HOST_NODE_ADDRESS, TENANT_NODE_ADDRESS]
            .map(str::to_owned);
        let mut server = CertificateParams::new(sans).expect("names");
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        this.issue("server", server, &issuer);
        let mut client = CertificateParams::default();
        client.distinguished_name.push(DnType::CommonName, "kube-apiserver-kubelet-client");
        client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        this.issue("client", client, &issuer);
        let accounts = KeyPair::generate().expect("a key");
        this.write("accounts.key", &accounts.serialize_pem());
        this.write("accounts.pub", &accounts.public_key_pem());
        this
    }

    fn issue(&self, name: &str, params: CertificateParams, issuer: &CertifiedIssuer<'_, KeyPair>) {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, issuer).expect("a certificate");
        self.write(&format!("{name}.crt"), &certificate.pem());
        self.write(&format!("{name}.key"), &key.serialize_pem());
    }

    fn write(&self, name: &str, text: &str) {
        fs_err::write(self.path(name), text).expect("the folder can be written");
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(super) fn der(&self) -> Vec<u8> {
        self.der.clone()
    }

    pub(super) fn file(&self) -> PathBuf {
        self.path("ca.crt")
    }

    pub(super) fn server_certificate(&self) -> PathBuf {
        self.path("server.crt")
    }

    pub(super) fn server_key(&self) -> PathBuf {
        self.path("server.key")
    }
}
