//! What a network is told.

use std::{
    net::Ipv4Addr,
    path::{Path, PathBuf},
};

use crate::host::cidr::Cidr;

/// The ranges and files of a host's network.
#[derive(Clone, Debug)]
pub struct NetworkConfig {
    /// The tenantbench program, whose hidden commands are the router and the pods' helpers.
    pub executable: PathBuf,
    /// Where the egress socket is to be.
    pub egress_socket: PathBuf,
    /// The range of Service addresses.
    pub service_cidr: Cidr,
    /// The range of pod addresses; its first address is the router's.
    pub pod_cidr: Cidr,
    /// The range of node addresses.
    pub node_cidr: Cidr,
}

impl NetworkConfig {
    /// Ranges that clash with nothing of a local host's.
    pub fn new(executable: &Path, egress_socket: &Path) -> Self {
        Self {
            executable: executable.to_owned(),
            egress_socket: egress_socket.to_owned(),
            service_cidr: Cidr::new([10, 96, 0, 0], 16),
            pod_cidr: Cidr::new([10, 244, 0, 0], 16),
            node_cidr: Cidr::new([10, 250, 0, 0], 16),
        }
    }

    /// The router's address in the pods' range.
    pub(crate) fn gateway(&self) -> Ipv4Addr {
        self.pod_cidr.nth(1).unwrap_or(self.pod_cidr.base())
    }
}
