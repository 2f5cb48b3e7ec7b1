//! The syncer between real API servers: `cargo test -p tenantbench-syncer --test real_control_plane`.
//! The binaries come from `TENANTBENCH_ASSETS` or from what `tenantbench tools install` has put into the cache.

#![expect(clippy::expect_used, reason = "a test that cannot go on says why")]

mod claims;
mod classes;
mod clock;
mod custom;
mod drift;
mod endpoints;
mod events;
mod health;
mod kubelet;
mod metrics;
mod nodes;
mod optional;
mod parts;
mod pod_security;
mod pods;
mod refusals;
mod restart;
mod role;
mod services;
mod start;
mod streams;
#[expect(dead_code, reason = "shared with real_faults, which uses the rest")]
#[path = "../support/mod.rs"]
mod support;
mod translation;
