//! Whatever a tenant makes up, translation ends without a panic, and what it makes stays in the virtual cluster. An
//! ordinary test feeds the same function, so that it is compiled and run by CI too.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tenantbench_syncer::{self};

#[path = "../../tests/tables/feed.rs"]
mod feed;

fuzz_target!(|input: &[u8]| feed::feed(input));
