//! The life of a virtual cluster's pods on a `local` host, through real API servers, controllers and a scheduler on both
//! sides: `cargo test -p tenantbench --test real_syncer`. All cases share one host and one tenant, each in a namespace
//! of its own.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod change;
mod deletion;
mod eviction;
mod nodes;
mod refusal;
#[path = "../support/until.rs"]
mod until;
mod workloads;
mod world;
