//! Pods: what a kubelet does for those that are bound to its node.

mod api;
pub(crate) mod backoff;
mod context;
mod downward;
mod environment;
mod ephemeral;
mod events;
mod expand;
mod machine;
mod manager;
mod probe;
mod record;
mod references;
mod registry;
mod simulated;
mod status;
mod volume;
mod worker;

pub(crate) use context::Context;
pub(crate) use events::Events;
pub(crate) use manager::Manager;
pub(crate) use references::Listeners;
pub(crate) use registry::{Registry, ServedContainer, ServedPod};
