//! The servers of a control plane: their files and their flags. Nothing here starts anything.

mod api_server;
mod controller_manager;
mod etcd;
mod files;
mod kubeconfig;
mod scheduler;

use std::{net::Ipv4Addr, path::PathBuf};

pub use api_server::api_server;
pub use controller_manager::controller_manager;
pub use etcd::etcd;
pub use files::{Files, FilesError};
pub(crate) use files::{api_server_url, audit_policy, kubeconfigs};
pub use kubeconfig::kubeconfig;
pub use scheduler::scheduler;
use serde::{Deserialize, Serialize};

use super::cidr::Cidr;

/// The address that the API server announces for itself. Loopback is refused in Endpoints, so it is one that only
/// the simulated network knows, where it leads to the API server's loopback port.
pub const API_SERVER_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 250, 255, 1);

/// Where the servers' programs are.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Binaries {
    /// etcd.
    pub etcd: PathBuf,
    /// kube-apiserver.
    pub api_server: PathBuf,
    /// kube-controller-manager.
    pub controller_manager: PathBuf,
    /// kube-scheduler.
    pub scheduler: PathBuf,
}

/// Loopback ports that the servers listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// etcd's client port.
    pub etcd: u16,
    /// kube-apiserver's port.
    pub api_server: u16,
}

/// What the flags depend on beside the files.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The range of Service addresses.
    pub service_cidr: Cidr,
    /// The loopback ports.
    pub ports: Ports,
    /// Whether nodes, pods and services are reached through the egress socket.
    pub egress: bool,
}
