//! How pods that run as processes are kept apart, and whether this machine allows it.

use std::{env, fmt, path::Path};

use crate::{
    node::network::{Network, NetworkConfig},
    node::runtime::trial,
    process::{Ledger, Spawner},
};

/// Set to `none` it makes pods share the machine's network, as where the kernel forbids namespaces.
pub const ISOLATION_VARIABLE: &str = "TENANTBENCH_POD_ISOLATION";

/// How pods that run as processes are kept apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PodIsolation {
    /// User, mount and network namespaces of their own.
    Namespaces,
    /// Nothing: they run on the machine's network, without mounts.
    None {
        /// Why not.
        reason: String,
    },
}

impl PodIsolation {
    /// The word for it in reports: `namespaces` or `none`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::None { .. } => "none",
        }
    }
}

impl fmt::Display for PodIsolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Namespaces => f.write_str("namespaces"),
            Self::None { reason } => write!(f, "none ({reason})"),
        }
    }
}

/// The reason where the user has asked for no isolation.
pub(crate) fn switched_off() -> Option<PodIsolation> {
    let asked = env::var(ISOLATION_VARIABLE).is_ok_and(|value| value == "none");
    asked.then(|| PodIsolation::None { reason: format!("{ISOLATION_VARIABLE}=none is set") })
}

/// Finds out by starting a router and a pod with a container in `folder`, an empty one, and ending them again.
///
/// `executable` is the tenantbench program. Reading the kernel's settings would not do: security modules and
/// container runtimes forbid the same calls without showing in any of them.
pub async fn isolation_check(executable: &Path, folder: &Path) -> PodIsolation {
    if let Some(off) = switched_off() {
        return off;
    }
    match try_all(executable, folder).await {
        Ok(isolation) => isolation,
        Err(reason) => PodIsolation::None { reason },
    }
}

async fn try_all(executable: &Path, folder: &Path) -> Result<PodIsolation, String> {
    let ledger = Ledger::at(folder.join("trial.ndjson"));
    let spawner = Spawner::start(folder, ledger).map_err(|error| error.to_string())?;
    let config = NetworkConfig::new(executable, &folder.join("trial.sock"));
    let network = Network::start(config, &spawner).await.map_err(|error| error.to_string())?;
    let isolation = match network.isolation() {
        PodIsolation::Namespaces => trial::run(&network, folder).await.map(|()| PodIsolation::Namespaces),
        none @ PodIsolation::None { .. } => Ok(none.clone()),
    };
    network.stop().await;
    isolation
}
