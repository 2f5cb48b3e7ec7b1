//! Ways from this machine to the API of a virtual cluster: a port that a process of its own carries to the plane's pod.
//!
//! The process outlives the verb that starts it. It ends when it is told to, when the virtual cluster goes, and when the
//! host cluster has not answered for a minute; `gc` removes what a killed one left.

mod carry;
mod daemon;
mod error;
mod place;
mod start;

pub use carry::carry;
pub use daemon::main;
pub use error::ReachError;
pub use place::Place;
pub use start::{end, start, under_way};

use std::net::SocketAddr;

use kube::config::Kubeconfig;
use serde::{Deserialize, Serialize};

use crate::{host::folder::RunFolder, process::Identity};

/// What the process is told, once, in a file.
#[derive(Debug, Serialize, Deserialize)]
struct Config {
    folder: RunFolder,
    /// The number of the open file that holds the folder's lock, inherited.
    lock: i32,
    /// The host cluster, as the user reaches it.
    host: Kubeconfig,
    /// The virtual cluster's admin, wherever its API is.
    admin: Kubeconfig,
    namespace: String,
    stateful_set: String,
    pod: String,
}

/// A way that is open.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Open {
    /// The process that carries it.
    pub process: Identity,
    /// The port of this machine.
    pub address: SocketAddr,
}

/// What the process says on standard output, once.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum FirstWord {
    Open(Open),
    Failed(String),
}

/// The pid file: [`Open`] as JSON.
const PID_FILE: &str = "forward.json";
const KUBECONFIG: &str = "kubeconfig";
