//! Runs the containers of pods as processes: what a container runtime does for a kubelet.

mod container;
mod exec;
pub(crate) mod log;
mod sandbox;
mod sweep;
mod terminal;
pub(crate) mod trial;

pub(crate) use container::{Container, ContainerSpec, ENVIRONMENT};
pub(crate) use exec::{ExecSpec, Executed, Streams, exec};
pub(crate) use log::Log;
pub(crate) use sandbox::Sandbox;
pub(crate) use sweep::{POD_VARIABLE, end_all};
