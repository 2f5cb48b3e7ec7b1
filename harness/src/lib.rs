//! The engine of tenantbench: runs a scenario on a host cluster and records what happened.
//!
//! Data flows one way: scenario → plan → [`host`] → tenant ([`tenancy`]) → [`workload`] → probes ([`probe`]) → events.

pub mod apply;
pub mod assets;
mod backoff;
pub mod cli;
pub mod host;
pub mod image;
pub mod inside;
pub mod names;
pub mod node;
pub mod observe;
mod port_forward;
pub mod probe;
pub mod process;
mod refusal;
pub mod run;
pub mod tenancy;
pub mod workload;
