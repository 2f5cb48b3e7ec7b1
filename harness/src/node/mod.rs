//! Simulated nodes: pods become Ready, or run as real local processes.

mod changes;
pub mod error;
pub mod helper;
pub mod isolation;
pub mod network;
pub mod runtime;

pub use error::NodeError;
pub use isolation::PodIsolation;
