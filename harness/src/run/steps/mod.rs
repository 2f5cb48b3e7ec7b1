//! What a round can do, one file per step.

pub mod audit;
mod bill;
pub mod burst;
pub mod check;
pub mod cost;
pub mod create_namespace;
pub mod create_tenant;
pub mod delete_tenant;
pub mod deploy;
pub mod fill;
mod ideal;
pub mod install;
pub mod kill_syncer;
pub mod list;
pub mod pace;
pub mod proof;
pub mod restarts;
pub mod sync_latency;
pub mod uninstall;
pub mod workload_down;
pub mod workload_up;

/// Why what a syncer's process uses is not known, or cannot be tried.
const SYNCER_ELSEWHERE: &str = "the syncer's process is not on this machine";
