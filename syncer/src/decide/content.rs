//! ConfigMaps and Secrets: on the host while a synced pod names them. Endpoints and EndpointSlices: on the host while
//! their Service has no selector.

use crate::index::{Copied, Pair, Wanted};

/// The next thing to do about one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Settled,
    /// Make the host's copy.
    Create,
    /// Write the host's copy anew.
    Update,
    /// Remove the host's copy.
    Delete {
        /// Its uid.
        uid: Box<str>,
    },
}

/// Decides about a pair that is or is not wanted on the host.
pub fn decide(pair: Option<&Pair<Wanted, Copied>>, is_wanted: bool) -> Step {
    let Some(pair) = pair else { return Step::Settled };
    let tenant = pair.tenant.as_ref().filter(|tenant| is_wanted && tenant.deleting.is_none());
    match (tenant, &pair.host) {
        (_, Some(host)) if host.deleting.is_some() => Step::Settled,
        (None, Some(host)) => Step::Delete { uid: host.uid.clone() },
        (None, None) => Step::Settled,
        (Some(_), None) => Step::Create,
        (Some(tenant), Some(host)) => {
            let same = host.detail.tenant_uid == tenant.uid && host.detail.content == tenant.detail.hash;
            if same { Step::Settled } else { Step::Update }
        }
    }
}
