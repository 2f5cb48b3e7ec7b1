//! Hosts of containers: kind clusters on this machine's Docker engine.
//!
//! kind makes the nodes; everything else is ours: the network, the labels by which all is found again, the audit log,
//! the ways to Services, the logs of a cluster that failed, and the removal, which needs no kind.

mod collect;
pub mod config;
mod creation;
pub mod docker;
pub mod fitness;
mod forward;
mod names;
pub mod node_image;
mod plant;
mod sweep;
mod watch;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::cidr::Cidr;
pub(in crate::host) use collect::Collector;
pub use config::Profile;
pub use docker::{Docker, DockerError};
pub(in crate::host) use forward::Forwards;
pub use names::{cluster, prefix};
pub(in crate::host) use plant::KindPlant;
pub(in crate::host) use sweep::end_creation;
pub use sweep::{clusters, remove};

/// The range from which kind gives cluster addresses.
pub const SERVICE_CIDR: Cidr = Cidr::new([10, 96, 0, 0], 16);

/// What a kind cluster is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindBlueprint {
    /// The cluster's name; see [`cluster`].
    pub cluster: String,
    /// The kind program.
    pub program: PathBuf,
    /// What nodes are made of.
    pub image: NodeImage,
    /// How many nodes, and how large.
    pub profile: Profile,
}

/// What nodes are made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "origin", content = "reference", rename_all = "kebab-case")]
pub enum NodeImage {
    /// kind's own image, by digest.
    Official(String),
    /// Built by `tenantbench tools node-image`.
    Built(String),
    /// Named by the user.
    Named(String),
}

impl NodeImage {
    /// What Docker calls it.
    pub fn reference(&self) -> &str {
        match self {
            Self::Official(reference) | Self::Built(reference) | Self::Named(reference) => reference,
        }
    }
}
