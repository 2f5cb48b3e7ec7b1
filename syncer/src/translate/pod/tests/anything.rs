//! Whatever a tenant makes up, translation ends, and what it makes stays in the virtual cluster.

use proptest::prelude::*;

use super::{
    references::{generous, maximal},
    *,
};
use crate as tenantbench_syncer;

#[path = "../../../../tests/tables/hostile.rs"]
mod hostile;

proptest! {
    #[test]
    fn no_pod_leaves_its_virtual_cluster(changes in prop::collection::vec(any::<u8>(), 0..60)) {
        let tenant = hostile::mutated(maximal(), &changes);
        needs(&tenant);
        let ownership = ownership();
        if let Ok(host) = carried(&tenant, Some("1.1.1.1"), &generous()) {
            hostile::assert_confined(&host, &ownership.names, ownership.owner.as_ref().expect("an owner"));
            hostile::assert_pod_confined(&host, &ownership.names);
            patch(&tenant, &host, &ownership);
        }
    }
}
