//! The syncer: makes the pods of a virtual cluster run on its host cluster. Knows nothing of the harness.
//!
//! [`watch`] → [`index`] (pure) → [`decide`] (pure) → [`queue`] (fair) → [`sync`] with [`translate`] (pure) → [`mod@write`] through [`flow`] → …

pub mod accept;
pub mod cli;
pub mod client;
pub mod clock;
pub mod config;
pub mod decide;
pub mod flow;
pub mod index;
mod json;
pub mod kinds;
pub mod kubelet;
pub mod log;
pub mod metrics;
pub mod names;
pub mod node;
pub mod object;
pub mod queue;
mod retry;
pub mod role;
mod room;
pub mod run;
pub mod sync;
pub mod translate;
pub mod watch;
pub mod write;

#[cfg(test)]
mod operators_page;
#[cfg(test)]
mod tests_page;
