//! The syncer as a process of its own, killed, paused, cut off and misled, between real API servers and etcds:
//! `cargo test -p tenantbench-syncer --test real_faults`. CONTRIBUTING.md says how to replay a seed.

#![expect(clippy::expect_used, reason = "a test that cannot go on says why")]

mod clocks;
mod cut_short;
mod etcd;
mod faults;
mod front;
mod gone;
mod lanes;
mod link;
mod load;
mod newcomers;
mod oracle;
mod program;
mod refuser;
mod schedule;
mod stage;
mod storms;
mod successors;
#[expect(dead_code, unused_imports, reason = "shared with real_control_plane, which uses the rest")]
#[path = "../support/mod.rs"]
mod support;
mod thing;
mod throttled;
mod throttler;
mod watching;
