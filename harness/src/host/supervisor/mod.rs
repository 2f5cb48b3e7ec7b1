//! The process that owns a host: `tenantbench internal host-supervisor --config FILE`.
//!
//! Standard input is a pipe from its owner: when that closes and nobody has said `keep`, the host is taken down.
//! Standard output carries [`Event`]s, standard error the log. Requests come on a Unix socket in the run folder.

mod config;
mod control;
mod control_plane;
mod local;
mod nodes;
mod output;
mod owner;
mod plant;
mod protocol;
pub(super) mod ready;
mod service;

pub use config::Config;
pub(super) use output::Output;
pub use owner::main;
pub use protocol::{Event, Reply, Request, State, Status};
