//! Simulated nodes: pods become Ready, or run as real local processes.
//!
//! [`Network`] comes first, for the API server reaches nodes and pods through it; [`Nodes`] when the API serves.

mod changes;
mod error;
mod heartbeat;
pub mod helper;
mod image;
pub mod isolation;
mod kubelet;
pub mod network;
mod nodes;
mod object;
mod pod;
mod rules;
pub mod runtime;

pub use error::NodeError;
pub use image::ImageMap;
pub use isolation::{PodIsolation, isolation_check};
pub use network::{ApiServerAddress, Network, NetworkConfig};
pub use nodes::{Nodes, NodesConfig, WATCHES};
pub use pod::backoff::BackoffPolicy;
pub use rules::node_rules;
