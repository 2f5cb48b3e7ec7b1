//! The certificates of one virtual cluster, made by its tenant and kept in its namespace.

use base64::{Engine, engine::general_purpose::STANDARD};
use kube::config::{AuthInfo, Cluster, Context, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext};

use crate::{
    host::pki::{Authority, Issued, PkiError, Signer},
    names,
};

/// All key material of one virtual cluster; all PEM.
pub(super) struct Certificates {
    pub(super) authority: Issued,
    /// Signs nothing but the API server's way to the kubelets: whoever has a certificate of it may exec into pods.
    pub(super) kubelet_authority: String,
    pub(super) api_server: Issued,
    pub(super) kubelet: Issued,
    pub(super) kubelet_client: Issued,
    pub(super) controller_manager: Issued,
    pub(super) syncer: Issued,
    pub(super) admin: Issued,
    pub(super) accounts: Signer,
}

impl Certificates {
    /// Makes everything anew for the virtual cluster in `namespace` whose Service has `address` on the host.
    pub(super) fn new(namespace: &str, address: &str) -> Result<Self, PkiError> {
        let authority = Authority::new(&format!("tenantbench {namespace}"))?;
        let kubelets = Authority::new(&format!("tenantbench {namespace} kubelets"))?;
        let masters = ["system:masters"];
        Ok(Self {
            api_server: authority.server("kube-apiserver", &api_server_names(namespace, address))?,
            kubelet: authority.server("kubelet", &kubelet_names(address))?,
            kubelet_client: kubelets.client("kube-apiserver-kubelet-client", &[])?,
            kubelet_authority: kubelets.certificate(),
            // One identity for all controllers is lighter than a service account each, and it is the tenant's own cluster.
            controller_manager: authority.client("system:kube-controller-manager", &masters)?,
            syncer: authority.client("tenantbench:syncer", &masters)?,
            admin: authority.client("tenant-admin", &masters)?,
            accounts: Signer::new()?,
            authority: Issued { certificate: authority.certificate(), key: authority.key() },
        })
    }

    /// The tenant admin's way into the virtual cluster at `server`.
    pub(super) fn kubeconfig(&self, server: &str) -> Kubeconfig {
        kubeconfig(server, &self.authority, &self.admin, "tenant-admin")
    }
}

/// A kubeconfig with one cluster, one user and one context, all material inside.
pub(super) fn kubeconfig(server: &str, authority: &Issued, user: &Issued, name: &str) -> Kubeconfig {
    let cluster = Cluster {
        server: Some(server.to_owned()),
        certificate_authority_data: Some(STANDARD.encode(&authority.certificate)),
        ..Cluster::default()
    };
    let auth = AuthInfo {
        client_certificate_data: Some(STANDARD.encode(&user.certificate)),
        client_key_data: Some(STANDARD.encode(&user.key).into()),
        ..AuthInfo::default()
    };
    let context = Context {
        cluster: names::VIRTUAL_CLUSTER.to_owned(),
        user: Some(name.to_owned()),
        ..Context::default()
    };
    Kubeconfig {
        kind: Some("Config".into()),
        api_version: Some("v1".into()),
        clusters: vec![NamedCluster {
            name: names::VIRTUAL_CLUSTER.to_owned(),
            cluster: Some(cluster),
            ..NamedCluster::default()
        }],
        auth_infos: vec![NamedAuthInfo {
            name: name.to_owned(),
            auth_info: Some(auth),
            ..NamedAuthInfo::default()
        }],
        contexts: vec![NamedContext {
            name: names::VIRTUAL_CLUSTER.to_owned(),
            context: Some(context),
            ..NamedContext::default()
        }],
        current_context: Some(names::VIRTUAL_CLUSTER.to_owned()),
        ..Kubeconfig::default()
    }
}

/// Every name under which clients reach the API server: from pods of the tenant by the host's Service address, from
/// its own pod and through forwards by loopback, from inside by its own `kubernetes` Service.
fn api_server_names(namespace: &str, address: &str) -> Vec<String> {
    let service = format!("{}.{namespace}", names::VIRTUAL_CLUSTER);
    [
        "localhost",
        "127.0.0.1",
        address,
        names::VIRTUAL_CLUSTER,
        &service,
        &format!("{service}.svc"),
        &format!("{service}.svc.cluster.local"),
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// The API server dials the tenant's kubelets at the Service's address: loopback would do for logs and exec, but
/// `nodes/proxy` refuses it.
fn kubelet_names(address: &str) -> Vec<String> {
    vec![address.to_owned(), "127.0.0.1".to_owned()]
}
