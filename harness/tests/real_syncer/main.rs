//! What a tenant has on a `local` host, kind by kind and through the life of its pods, with real API servers,
//! controllers and a scheduler on both sides: `cargo test -p tenantbench --test real_syncer`. All cases share one host
//! and a few tenants (without options, with all that go down, with all that come up, and one whose plane is made anew),
//! each case in a namespace of its own.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod anew;
mod change;
mod choice;
mod custom;
mod deletion;
mod down;
mod eviction;
mod kinds;
mod nodes;
mod parts;
mod refusal;
#[path = "../support/until.rs"]
mod until;
mod up;
mod workloads;
mod world;
