//! Many tenants in one syncer, between real API servers: `cargo test --workspace --test real_many`.
//! The binaries come from `TENANTBENCH_ASSETS` or from what `tenantbench tools install` has put into the cache.

#![expect(clippy::expect_used, reason = "a test that cannot go on says why")]

mod double;
mod fairness;
mod figures;
mod greedy;
mod hub;
mod idle;
mod kept;
mod lead;
mod merged;
mod played;
#[expect(dead_code, reason = "shared with real_control_plane, which uses the rest")]
#[path = "../support/mod.rs"]
mod support;
mod tenants;
mod told;
