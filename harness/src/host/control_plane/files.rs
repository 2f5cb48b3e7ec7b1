//! The files that the servers read, and where they are in the run folder.

use std::{io, path::PathBuf};

use kube::config::Kubeconfig;
use serde_json::{Value, json};

use super::{Settings, kubeconfig};
use crate::host::{
    folder::RunFolder,
    pki::{ADMIN_USER, ClusterPki, Issued, NODES_USER},
};

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilesError {
    /// The system refused; its words name the file.
    #[error("cannot write the control plane's files: {0}; is the disk full?")]
    Write(#[from] io::Error),
    /// Flags and configuration files are text.
    #[error("the run folder {0:?} is not UTF-8; set TENANTBENCH_STATE to a folder that is")]
    NotText(PathBuf),
}

/// The files of a control plane, as paths in the text form that flags have.
#[derive(Clone, Debug)]
pub struct Files {
    root: String,
}

impl Files {
    /// Writes everything that the servers read.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(folder: &RunFolder, pki: &ClusterPki, settings: &Settings) -> Result<Self, FilesError> {
        let root = folder.path().to_str().ok_or_else(|| FilesError::NotText(folder.path().to_owned()))?;
        let files = Self { root: root.to_owned() };
        fs_err::create_dir_all(folder.join("pki"))?;
        fs_err::create_dir_all(folder.join("logs"))?;
        write_pki(folder, pki)?;
        for (name, kubeconfig) in kubeconfigs(pki, settings) {
            folder.write_secret(&format!("{name}.kubeconfig"), &json_text(&kubeconfig)?)?;
        }
        folder.write_secret("audit-policy.json", &audit_policy().to_string())?;
        if settings.egress {
            folder.write_secret("egress.json", &egress(&format!("{root}/egress.sock")).to_string())?;
        }
        Ok(files)
    }

    pub(super) fn certificate(&self, name: &str) -> String {
        format!("{}/pki/{name}.crt", self.root)
    }

    pub(super) fn key(&self, name: &str) -> String {
        format!("{}/pki/{name}.key", self.root)
    }

    pub(super) fn public_key(&self, name: &str) -> String {
        format!("{}/pki/{name}.pub", self.root)
    }

    pub(super) fn pair(&self, name: &str) -> (String, String) {
        (self.certificate(name), self.key(name))
    }

    pub(super) fn config(&self, name: &str) -> String {
        format!("{}/{name}", self.root)
    }

    pub(super) fn data(&self, name: &str) -> String {
        format!("{}/data/{name}", self.root)
    }

    pub(super) fn audit_log(&self) -> String {
        format!("{}/audit.log", self.root)
    }
}

/// The address of the API server for programs on this machine.
pub(crate) fn api_server_url(settings: &Settings) -> String {
    format!("https://127.0.0.1:{}", settings.ports.api_server)
}

/// The kubeconfigs of everybody who acts on the cluster from the start, by file name.
pub(crate) fn kubeconfigs(pki: &ClusterPki, settings: &Settings) -> [(&'static str, Kubeconfig); 4] {
    let server = api_server_url(settings);
    let authority = pki.cluster.certificate();
    let with = |user: &str, issued: &Issued| kubeconfig("tenantbench", &server, &authority, user, issued);
    [
        ("admin", with(ADMIN_USER, &pki.admin)),
        ("controller-manager", with("system:kube-controller-manager", &pki.controller_manager)),
        ("scheduler", with("system:kube-scheduler", &pki.scheduler)),
        ("nodes", with(NODES_USER, &pki.nodes)),
    ]
}

fn write_pki(folder: &RunFolder, pki: &ClusterPki) -> io::Result<()> {
    let authorities = [("ca", &pki.cluster), ("front-proxy-ca", &pki.front_proxy), ("etcd-ca", &pki.etcd)];
    for (name, authority) in authorities {
        folder.write_secret(&format!("pki/{name}.crt"), &authority.certificate())?;
    }
    // Of the authorities, only the cluster's signs anything later: certificate requests.
    folder.write_secret("pki/ca.key", &pki.cluster.key())?;
    folder.write_secret("pki/service-account.key", &pki.service_accounts.private)?;
    folder.write_secret("pki/service-account.pub", &pki.service_accounts.public)?;
    let issued = [
        ("api-server", &pki.api_server),
        ("kubelet-client", &pki.kubelet_client),
        ("front-proxy-client", &pki.front_proxy_client),
        ("etcd-client", &pki.etcd_client),
        ("etcd-server", &pki.etcd_server),
    ];
    for (name, issued) in issued {
        folder.write_secret(&format!("pki/{name}.crt"), &issued.certificate)?;
        folder.write_secret(&format!("pki/{name}.key"), &issued.key)?;
    }
    Ok(())
}

/// JSON is YAML, and every reader of kubeconfigs takes it.
fn json_text(value: &impl serde::Serialize) -> io::Result<String> {
    Ok(serde_json::to_string_pretty(value)?)
}

/// Every write by anybody is kept with its user and time. Left out are reads by the control plane itself and by
/// nodes, reads of leases, and health checks: they tell nothing of tenants and are most of the traffic.
pub(crate) fn audit_policy() -> Value {
    let reads = ["get", "list", "watch"];
    json!({
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "omitManagedFields": true,
        "rules": [
            {
                "level": "None",
                "verbs": reads,
                "users": [
                    "system:apiserver", "system:kube-controller-manager", "system:kube-scheduler", NODES_USER,
                ],
            },
            {
                "level": "None",
                "verbs": reads,
                "userGroups": ["system:serviceaccounts:kube-system", "system:nodes"],
            },
            {
                "level": "None",
                "verbs": reads,
                "resources": [{ "group": "coordination.k8s.io", "resources": ["leases"] }],
            },
            {
                "level": "None",
                "verbs": ["get"],
                "nonResourceURLs": ["/healthz*", "/livez*", "/readyz*", "/version", "/api*", "/openapi/*", "/metrics"],
            },
            { "level": "Metadata" },
        ],
    })
}

fn egress(socket: &str) -> Value {
    json!({
        "apiVersion": "apiserver.k8s.io/v1beta1",
        "kind": "EgressSelectorConfiguration",
        "egressSelections": [{
            "name": "cluster",
            "connection": {
                "proxyProtocol": "HTTPConnect",
                "transport": { "uds": { "udsName": socket } },
            },
        }],
    })
}
