//! Runs the containers of pods as processes: what a container runtime does for a kubelet.

mod container;
mod exec;
pub mod log;
mod sandbox;
mod sweep;
mod terminal;
pub(crate) mod trial;

pub(crate) use container::ENVIRONMENT;
pub use container::{Container, ContainerSpec};
pub(crate) use exec::{ExecSpec, Executed, Streams, exec};
pub use log::Log;
pub use sandbox::Sandbox;
pub(crate) use sweep::{POD_VARIABLE, end_all};
pub(crate) use terminal::Terminal;
