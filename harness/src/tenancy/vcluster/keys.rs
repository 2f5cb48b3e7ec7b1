//! The keys of one virtual cluster, as they are kept in a Secret of its namespace.
//!
//! Kept is only what must stay the same: the authorities and the key for tokens. Certificates are made anew at each start
//! of the plane, for the addresses that it has then.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use kube::config::Kubeconfig;

use crate::host::{
    control_plane::kubeconfig,
    pki::{Authority, PkiError, Signer},
};

/// The user that a virtual cluster's admin is inside.
pub(super) const ADMIN: &str = "tenant-admin";

/// What must stay the same as long as the virtual cluster lives.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) authority: Authority,
    /// Signs nothing but the API server's way to the kubelets: whoever has a certificate of it may exec into pods.
    pub(super) kubelets: Authority,
    pub(super) accounts: Signer,
}

/// A Secret that holds no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A key or certificate cannot be made or read.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// An entry is missing or no text.
    #[error(
        "the Secret with the virtual cluster's keys has no usable {0:?}; delete the Secret to have new keys made"
    )]
    Entry(&'static str),
}

const CA: &str = "ca.crt";
const CA_KEY: &str = "ca.key";
const KUBELETS: &str = "kubelet-client-ca.crt";
const KUBELETS_KEY: &str = "kubelet-client-ca.key";
const ACCOUNTS_KEY: &str = "accounts.key";
const ACCOUNTS: &str = "accounts.pub";

impl Keys {
    /// Makes all keys anew for the virtual cluster `name` in `namespace`.
    pub(super) fn new(name: &str, namespace: &str) -> Result<Self, PkiError> {
        Ok(Self {
            authority: Authority::new(&format!("tenantbench {namespace}/{name}"))?,
            kubelets: Authority::new(&format!("tenantbench {namespace}/{name} kubelets"))?,
            accounts: Signer::new()?,
        })
    }

    /// The keys that a Secret holds.
    pub(super) fn load(data: &BTreeMap<String, ByteString>) -> Result<Self, KeysError> {
        let text = |name: &'static str| {
            let bytes = data.get(name).ok_or(KeysError::Entry(name))?;
            std::str::from_utf8(&bytes.0).map_err(|_| KeysError::Entry(name))
        };
        Ok(Self {
            authority: Authority::load(CA, text(CA)?, text(CA_KEY)?)?,
            kubelets: Authority::load(KUBELETS, text(KUBELETS)?, text(KUBELETS_KEY)?)?,
            accounts: Signer { private: text(ACCOUNTS_KEY)?.to_owned(), public: text(ACCOUNTS)?.to_owned() },
        })
    }

    /// As a Secret holds them.
    pub(super) fn data(&self) -> BTreeMap<String, ByteString> {
        [
            (CA, self.authority.certificate()),
            (CA_KEY, self.authority.key()),
            (KUBELETS, self.kubelets.certificate()),
            (KUBELETS_KEY, self.kubelets.key()),
            (ACCOUNTS_KEY, self.accounts.private.clone()),
            (ACCOUNTS, self.accounts.public.clone()),
        ]
        .map(|(name, text)| (name.to_owned(), ByteString(text.into_bytes())))
        .into()
    }

    /// A new way into the virtual cluster at `server` for its admin.
    pub(super) fn admin(&self, server: &str, cluster: &str) -> Result<Kubeconfig, PkiError> {
        let admin = self.authority.client(ADMIN, &["system:masters"])?;
        Ok(kubeconfig(cluster, server, &self.authority.certificate(), ADMIN, &admin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_out_of_a_secret_as_they_went_in() {
        let made = Keys::new("a", "ns").unwrap();
        let loaded = Keys::load(&made.data()).unwrap();
        assert_eq!(loaded.data(), made.data());
    }

    #[test]
    fn a_secret_without_keys_is_told_by_what_it_lacks() {
        let error = Keys::load(&BTreeMap::new()).unwrap_err().to_string();
        assert!(error.contains("\"ca.crt\""), "{error}");
    }
}
