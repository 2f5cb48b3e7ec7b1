//! Kinds that are copied by one engine.

use crate::{
    index::{HostCopy, Pair, Seen, Translated, Uid, Wanted},
    kinds::Kind,
};

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
        uid: Uid,
    },
    /// Tell the tenant why its object is not carried. A copy of an earlier state stays as it is.
    Refuse,
    /// Translate the tenant's object again.
    ReadAgain,
    /// The host's users have changed what either side's may change: the tenant's object takes it over.
    TakeShared,
    /// The tenant's object lacks what the host has made of its copy.
    Raise,
}

/// What is to be known besides the pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The kind.
    pub kind: Kind,
    /// Whether the host should have a copy.
    pub is_wanted: bool,
    /// Whether the tenant lacks a volume for a bound claim.
    pub lacks_volume: bool,
}

/// Decides about a pair. While finalizers hold the tenant's object, its copy stays: they may be about what it holds.
pub fn decide(pair: Option<&Pair<Wanted, HostCopy>>, facts: Facts) -> Step {
    let Some(pair) = pair else { return Step::Settled };
    let tenant = pair.tenant.as_ref().filter(|_| facts.is_wanted);
    match (tenant, &pair.host) {
        (_, Some(host)) if host.deleting.is_some() => Step::Settled,
        (None, Some(host)) => Step::Delete { uid: host.uid.clone() },
        (None, None) => Step::Settled,
        (Some(tenant), None) if tenant.deleting.is_some() => Step::Settled,
        (Some(tenant), host) => match (tenant.detail.translated, host) {
            (Translated::Outdated, _) => Step::ReadAgain,
            (Translated::Refused, _) => Step::Refuse,
            (Translated::To(_), None) => Step::Create,
            (Translated::To(content), Some(host)) => both(tenant, content, host, facts),
        },
    }
}

fn both(tenant: &Seen<Wanted>, content: u64, host: &Seen<HostCopy>, facts: Facts) -> Step {
    let HostCopy { copied, shared, agreed, raised, .. } = &host.detail;
    if copied.tenant_uid != tenant.uid && keeps_state(facts.kind) {
        return Step::Delete { uid: host.uid.clone() };
    }
    if copied.tenant_uid == tenant.uid && tenant.detail.shared == *agreed && shared != agreed {
        return Step::TakeShared;
    }
    if copied.tenant_uid != tenant.uid || copied.content != content || tenant.detail.shared != *agreed {
        return Step::Update;
    }
    if *raised != tenant.detail.raised || facts.lacks_volume {
        return Step::Raise;
    }
    Step::Settled
}

/// Whether a copy is more than what is written to it, so that one made of an earlier object is not the present one's.
pub fn keeps_state(kind: Kind) -> bool {
    matches!(kind, Kind::PersistentVolumeClaim | Kind::Custom(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Copied;

    fn tenant(change: fn(&mut Seen<Wanted>)) -> Option<Seen<Wanted>> {
        let detail = Wanted {
            translated: Translated::To(1),
            shared: Some("a".into()),
            raised: 5,
            service: None,
            selects_namespaces: false,
        };
        let mut seen = Seen::new("t1", 1, None, detail);
        change(&mut seen);
        Some(seen)
    }

    fn host(change: fn(&mut HostCopy)) -> Option<Seen<HostCopy>> {
        let mut detail = HostCopy {
            copied: Copied { tenant_uid: "t1".into(), content: 1 },
            shared: Some("a".into()),
            agreed: Some("a".into()),
            raised: 5,
            volume: None,
        };
        change(&mut detail);
        Some(Seen::new("h1", 1, None, detail))
    }

    fn step(kind: Kind, tenant: Option<Seen<Wanted>>, host: Option<Seen<HostCopy>>) -> Step {
        decide(Some(&Pair { tenant, host }), Facts { kind, is_wanted: true, lacks_volume: false })
    }

    fn gone() -> Step {
        Step::Delete { uid: "h1".into() }
    }

    #[test]
    fn a_copy_is_made_kept_up_and_removed() {
        let kind = Kind::Ingress;
        assert_eq!(step(kind, tenant(|_| ()), None), Step::Create);
        assert_eq!(step(kind, tenant(|_| ()), host(|_| ())), Step::Settled);
        assert_eq!(
            step(kind, tenant(|t| t.detail.translated = Translated::To(2)), host(|_| ())),
            Step::Update
        );
        assert_eq!(step(kind, tenant(|_| ()), host(|h| h.copied.content = 2)), Step::Update);
        assert_eq!(step(kind, None, host(|_| ())), gone());
        let unused = Facts { kind: Kind::Secret, is_wanted: false, lacks_volume: false };
        assert_eq!(decide(Some(&Pair { tenant: tenant(|_| ()), host: host(|_| ()) }), unused), gone());
    }

    #[test]
    fn a_copy_stays_while_finalizers_hold_the_tenants_object_and_is_not_made_for_them() {
        let deleting = || tenant(|t| t.deleting = Some(0));
        assert_eq!(step(Kind::PersistentVolumeClaim, deleting(), host(|_| ())), Step::Settled);
        assert_eq!(step(Kind::PersistentVolumeClaim, deleting(), None), Step::Settled);
    }

    #[test]
    fn a_claim_that_was_made_again_gets_no_data_of_the_one_before() {
        let again = || tenant(|t| t.uid = "t2".into());
        assert_eq!(step(Kind::PersistentVolumeClaim, again(), host(|_| ())), gone());
        assert_eq!(step(Kind::ConfigMap, again(), host(|_| ())), Step::Update);
    }

    #[test]
    fn what_cannot_be_carried_is_told_and_its_copy_left() {
        let refused = || tenant(|t| t.detail.translated = Translated::Refused);
        assert_eq!(step(Kind::Ingress, refused(), None), Step::Refuse);
        assert_eq!(step(Kind::Ingress, refused(), host(|_| ())), Step::Refuse);
        let outdated = tenant(|t| t.detail.translated = Translated::Outdated);
        assert_eq!(step(Kind::NetworkPolicy, outdated, host(|_| ())), Step::ReadAgain);
    }

    #[test]
    fn a_change_on_the_host_comes_up_unless_the_tenant_has_changed_it_too() {
        let theirs = || host(|h| h.shared = Some("b".into()));
        assert_eq!(step(Kind::Ingress, tenant(|_| ()), theirs()), Step::TakeShared);
        assert_eq!(
            step(Kind::Ingress, tenant(|t| t.detail.shared = Some("c".into())), theirs()),
            Step::Update
        );
        // Both have come to the same by themselves.
        assert_eq!(
            step(Kind::Ingress, tenant(|t| t.detail.shared = Some("b".into())), theirs()),
            Step::Update
        );
        assert_eq!(step(Kind::Ingress, tenant(|_| ()), host(|h| h.agreed = None)), Step::Update);
    }

    #[test]
    fn what_the_host_has_made_of_it_comes_up_and_so_does_a_volume_that_is_missing() {
        assert_eq!(step(Kind::Ingress, tenant(|_| ()), host(|h| h.raised = 6)), Step::Raise);
        let facts = Facts { kind: Kind::PersistentVolumeClaim, is_wanted: true, lacks_volume: true };
        assert_eq!(decide(Some(&Pair { tenant: tenant(|_| ()), host: host(|_| ()) }), facts), Step::Raise);
    }
}
