//! The supervisor of child processes: starts them so that none outlives us, tells how each ended, stops them in order.
//!
//! Three things keep a machine clean. Every child gets `PR_SET_PDEATHSIG`, so it dies with us however we die;
//! every child carries [`RUN_VARIABLE`] in its environment, and its descendants inherit it; and every child is
//! written to the run's [`Ledger`] with its start time, so that `gc` never signals a recycled process id.

mod child;
mod detach;
mod exit;
mod identity;
mod ledger;
mod log;
mod program;
mod spawner;
mod tree;

pub use child::Process;
pub use detach::{detach_with, inherited};
pub use exit::Exit;
pub use identity::Identity;
pub use ledger::{Entry, Ledger};
pub use log::last_lines;
pub use program::Program;
pub use spawner::{SpawnError, Spawner};
pub use tree::{become_reaper, kill_children, of_run};

/// The environment variable that marks every process of a run; its value is the run folder's absolute path.
pub const RUN_VARIABLE: &str = "TENANTBENCH_RUN";

#[cfg(test)]
mod tests;
