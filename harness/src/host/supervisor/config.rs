//! What a supervisor is told, once, in a file.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use crate::host::{
    Blueprint,
    folder::{RunFolder, RunName},
};

/// The configuration of one host.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Config {
    /// The run's name.
    pub name: RunName,
    /// The run's folder; it exists.
    pub folder: RunFolder,
    /// The number of the open file that holds the run's lock, inherited.
    pub lock: i32,
    /// The tenantbench program, for pods that run it.
    pub executable: PathBuf,
    /// How long the host may take to come up.
    #[serde(with = "crate::host::seconds")]
    pub start_timeout: Duration,
    /// Where the logs of a host go that does not come up.
    pub logs: Option<PathBuf>,
    /// What the host is to be.
    pub blueprint: Blueprint,
}
