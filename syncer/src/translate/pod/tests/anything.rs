//! Whatever a tenant makes up, translation ends, and what it makes stays in the virtual cluster.
//!
//! The bytes are made by chance here, and in `syncer/fuzz` by a fuzzer that looks for new ways through the code.

use proptest::prelude::*;

use crate as tenantbench_syncer;

#[path = "../../../../tests/tables/feed.rs"]
mod feed;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn no_object_leaves_its_virtual_cluster(choice in any::<u8>(), changes in prop::collection::vec(any::<u8>(), 0..60)) {
        // As JSON they would hardly ever be an object.
        let input: Vec<u8> = [choice & 0x7f].into_iter().chain(changes).collect();
        feed::feed(&input);
    }
}
