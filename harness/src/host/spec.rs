//! What a host is to be: written by whoever starts one, read by its supervisor.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use super::{cidr::Cidr, control_plane::Binaries, folder::RunName, kind::KindBlueprint};

/// What a host is to be.
#[derive(Clone, Debug)]
pub struct HostSpec {
    /// Its name, also of its run folder.
    pub name: RunName,
    /// The folder in which run folders are; see [`super::state::runs_folder`].
    pub runs: PathBuf,
    /// The tenantbench program: runs as the supervisor, and in pods.
    pub executable: PathBuf,
    /// How long the host may take to come up.
    pub start_timeout: Duration,
    /// Where the logs of a host go that does not come up; none throws them away with it.
    pub logs: Option<PathBuf>,
    /// Which kind of host, and what is particular to it.
    pub blueprint: Blueprint,
}

/// Which kind of host, and what is particular to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Blueprint {
    /// Processes on this machine.
    Local(LocalBlueprint),
    /// Containers of kind.
    Kind(KindBlueprint),
}

/// A host of processes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LocalBlueprint {
    /// The servers' programs.
    pub binaries: Binaries,
    /// How many simulated nodes.
    pub nodes: u32,
    /// How long a pod without a program waits until it is Ready.
    #[serde(with = "super::seconds")]
    pub ready_delay: Duration,
    /// The range of Service addresses.
    pub service_cidr: Cidr,
}

/// A kind of host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostKind {
    /// Processes on this machine with simulated nodes.
    #[default]
    Local,
    /// Containers of kind.
    Kind,
}

impl HostKind {
    /// The word in flags and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Kind => "kind",
        }
    }
}

impl Blueprint {
    /// The kind of host.
    pub fn kind(&self) -> HostKind {
        match self {
            Self::Local(_) => HostKind::Local,
            Self::Kind(_) => HostKind::Kind,
        }
    }

    /// The range of Service addresses.
    pub fn service_cidr(&self) -> Cidr {
        match self {
            Self::Local(local) => local.service_cidr,
            Self::Kind(_) => super::kind::SERVICE_CIDR,
        }
    }
}
