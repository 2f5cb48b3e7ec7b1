//! What a supervisor is told, once, in a file.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use crate::host::{
    cidr::Cidr,
    control_plane::Binaries,
    folder::{RunFolder, RunName},
};

/// The configuration of one local host.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Config {
    /// The run's name.
    pub name: RunName,
    /// The run's folder; it exists.
    pub folder: RunFolder,
    /// The number of the open file that holds the run's lock, inherited.
    pub lock: i32,
    /// The servers' programs.
    pub binaries: Binaries,
    /// The tenantbench program, for pods that run it.
    pub executable: PathBuf,
    /// How many simulated nodes.
    pub nodes: u32,
    /// How long a pod without a program waits until it is Ready.
    #[serde(with = "seconds")]
    pub ready_delay: Duration,
    /// The range of Service addresses.
    pub service_cidr: Cidr,
    /// How long the host may take to come up.
    #[serde(with = "seconds")]
    pub start_timeout: Duration,
}

mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(duration.as_secs_f64())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
