//! Kinds that the host has and the tenant gets copies of.

use crate::index::{Origin, Pair, Raised, Uid};

/// The next thing to do about one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Settled,
    /// Make the tenant's copy.
    Create,
    /// Write the tenant's copy anew.
    Update,
    /// Remove the tenant's copy.
    Delete {
        /// Its uid.
        uid: Uid,
    },
    /// The tenant has one of its own of that name, which stays as it is.
    Foreign,
}

/// Decides about a pair, whose origin is the host's.
pub fn decide(pair: Option<&Pair<Raised, Origin>>) -> Step {
    let Some(pair) = pair else { return Step::Settled };
    let host = pair.host.as_ref().filter(|host| host.deleting.is_none());
    match (&pair.tenant, host) {
        (None, None) => Step::Settled,
        (None, Some(_)) => Step::Create,
        (Some(tenant), None) if !tenant.detail.is_ours => Step::Settled,
        (Some(tenant), Some(_)) if !tenant.detail.is_ours => Step::Foreign,
        (Some(tenant), _) if tenant.deleting.is_some() => Step::Settled,
        (Some(tenant), None) => Step::Delete { uid: tenant.uid.clone() },
        (Some(tenant), Some(host)) if tenant.detail.content == host.detail.content => Step::Settled,
        (Some(_), Some(_)) => Step::Update,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Seen;

    fn tenant(is_ours: bool, content: u64) -> Option<Seen<Raised>> {
        Some(Seen::new("t", 1, None, Raised { is_ours, content }))
    }

    fn host(content: u64) -> Option<Seen<Origin>> {
        Some(Seen::new("h", 1, None, Origin { content, is_ready: false }))
    }

    #[test]
    fn a_copy_follows_its_origin_and_what_is_the_tenants_own_stays() {
        let cases = [
            (None, host(1), Step::Create),
            (tenant(true, 1), host(1), Step::Settled),
            (tenant(true, 2), host(1), Step::Update),
            (tenant(true, 1), None, Step::Delete { uid: "t".into() }),
            (tenant(false, 2), host(1), Step::Foreign),
            (tenant(false, 2), None, Step::Settled),
        ];
        for (tenant, host, expected) in cases {
            let pair = Pair { tenant, host };
            assert_eq!(decide(Some(&pair)), expected, "{pair:?}");
        }
        assert_eq!(decide(None), Step::Settled);
    }

    #[test]
    fn a_copy_goes_with_an_origin_that_is_going_and_is_not_deleted_twice() {
        let mut going = host(1);
        if let Some(host) = &mut going {
            host.deleting = Some(0);
        }
        let mut pair = Pair { tenant: tenant(true, 1), host: going };
        assert_eq!(decide(Some(&pair)), Step::Delete { uid: "t".into() });
        if let Some(tenant) = &mut pair.tenant {
            tenant.deleting = Some(0);
        }
        assert_eq!(decide(Some(&pair)), Step::Settled);
    }
}
