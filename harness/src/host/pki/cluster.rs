//! Everything that the control plane of one cluster needs to be trusted and to trust.

use std::net::Ipv4Addr;

use super::{Authority, Issued, PkiError, Signer};

/// The keys and certificates of one control plane.
#[derive(Debug)]
pub struct ClusterPki {
    /// Signs clients, servers and kubelets; also what the certificate API signs with.
    pub cluster: Authority,
    /// Signs the proxy that speaks for users to aggregated API servers.
    pub front_proxy: Authority,
    /// Signs etcd and its one client.
    pub etcd: Authority,
    /// Signs service account tokens.
    pub service_accounts: Signer,
    /// What kube-apiserver serves with.
    pub api_server: Issued,
    /// What kube-apiserver shows to kubelets.
    pub kubelet_client: Issued,
    /// What kube-apiserver shows to aggregated API servers.
    pub front_proxy_client: Issued,
    /// What kube-apiserver shows to etcd.
    pub etcd_client: Issued,
    /// What etcd serves with.
    pub etcd_server: Issued,
    /// The platform team: `tenantbench-admin` in `system:masters`.
    pub admin: Issued,
    /// `system:kube-controller-manager`.
    pub controller_manager: Issued,
    /// `system:kube-scheduler`.
    pub scheduler: Issued,
    /// The simulated nodes: `tenantbench:nodes`.
    pub nodes: Issued,
}

/// The platform team's user name.
pub const ADMIN_USER: &str = "tenantbench-admin";
/// The simulated nodes' user name.
pub const NODES_USER: &str = "tenantbench:nodes";

impl ClusterPki {
    /// Makes all of it. `addresses` are those by which the API server is reached beside 127.0.0.1.
    ///
    /// # Errors
    /// When a key or certificate cannot be made.
    pub fn new(addresses: &[Ipv4Addr]) -> Result<Self, PkiError> {
        let cluster = Authority::new("tenantbench-cluster-ca")?;
        let front_proxy = Authority::new("tenantbench-front-proxy-ca")?;
        let etcd = Authority::new("tenantbench-etcd-ca")?;
        Ok(Self {
            service_accounts: Signer::new()?,
            api_server: cluster.server("kube-apiserver", &api_server_names(addresses))?,
            kubelet_client: cluster.client("kube-apiserver-kubelet-client", &["system:masters"])?,
            front_proxy_client: front_proxy.client("front-proxy-client", &[])?,
            etcd_client: etcd.client("kube-apiserver-etcd-client", &[])?,
            etcd_server: etcd.peer("etcd", &["localhost".into(), "127.0.0.1".into()])?,
            admin: cluster.client(ADMIN_USER, &["system:masters"])?,
            controller_manager: cluster.client("system:kube-controller-manager", &[])?,
            scheduler: cluster.client("system:kube-scheduler", &[])?,
            nodes: cluster.client(NODES_USER, &[])?,
            cluster,
            front_proxy,
            etcd,
        })
    }
}

fn api_server_names(addresses: &[Ipv4Addr]) -> Vec<String> {
    let names = [
        "localhost",
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
        "127.0.0.1",
    ];
    let names = names.into_iter().map(str::to_owned);
    names.chain(addresses.iter().map(Ipv4Addr::to_string)).collect()
}
