//! Pods: made, followed and removed, in both directions.

use crate::index::{HostPod, Pair, Seen, TenantPod, Token};

/// The next thing to do about a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Settled,
    /// Make the host's pod.
    Create,
    /// Delete the host's pod.
    DeleteHost {
        /// Its uid.
        uid: Box<str>,
        /// The grace period in seconds; none for the pod's own.
        grace: Option<i64>,
    },
    /// Delete the tenant's pod.
    DeleteTenant {
        /// Its uid.
        uid: Box<str>,
        /// The grace period in seconds.
        grace: i64,
    },
    /// Both are there: bring each up to the other.
    Follow(Follow),
}

/// What differs between a tenant's pod and its copy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Follow {
    /// The tokens are missing or due.
    pub token: bool,
    /// The host has bound its pod to this node and the tenant's is unbound.
    pub bind: Option<Box<str>>,
    /// The tenant's status may be out of date.
    pub status: bool,
    /// The host's metadata, images or tolerations are out of date.
    pub update: bool,
}

/// Decides about a pod. `waits`: something that it names is not on the host yet. `now`: seconds since 1970.
pub fn decide(pair: Option<&Pair<TenantPod, HostPod>>, token: Option<&Token>, waits: bool, now: i64) -> Step {
    let Some(pair) = pair else { return Step::Settled };
    match (&pair.tenant, &pair.host) {
        (None, None) => Step::Settled,
        (None, Some(host)) => delete_host(host, None),
        (Some(tenant), None) => tenant_only(tenant, waits),
        // The pod was made again under the same name; its predecessor has to be gone from the host first.
        (Some(tenant), Some(host)) if host.detail.copied.tenant_uid != tenant.uid => delete_host(host, None),
        (Some(tenant), Some(host)) => both(tenant, host, token, now),
    }
}

fn delete_host(host: &Seen<HostPod>, grace: Option<i64>) -> Step {
    if host.deleting.is_some() {
        return Step::Settled;
    }
    Step::DeleteHost { uid: host.uid.clone(), grace }
}

fn tenant_only(tenant: &Seen<TenantPod>, waits: bool) -> Step {
    let delete = Step::DeleteTenant { uid: tenant.uid.clone(), grace: 0 };
    match tenant.deleting {
        // Only finalizers hold it.
        Some(0) => Step::Settled,
        // Its containers have ended, which a kubelet tells the API server by exactly this.
        Some(_) => delete,
        None if tenant.detail.finished => Step::Settled,
        // It ran, and the host's pod was evicted or deleted there.
        None if tenant.detail.started => delete,
        None if waits => Step::Settled,
        None => Step::Create,
    }
}

fn both(tenant: &Seen<TenantPod>, host: &Seen<HostPod>, token: Option<&Token>, now: i64) -> Step {
    match (tenant.deleting, host.deleting) {
        (Some(grace), None) => return delete_host(host, Some(grace)),
        (Some(grace), Some(host_grace)) if grace < host_grace => {
            return Step::DeleteHost { uid: host.uid.clone(), grace: Some(grace) };
        }
        (None, Some(grace)) => return Step::DeleteTenant { uid: tenant.uid.clone(), grace },
        _ => {}
    }
    let ends = host.detail.finished || host.deleting.is_some();
    let follow = Follow {
        token: tenant.detail.wants_tokens
            && !ends
            && token.is_none_or(|token| is_due(token, &tenant.uid, now)),
        bind: host.detail.node.clone().filter(|_| tenant.detail.node.is_none()),
        // The host's hash leaves readiness gates out, so a pod with some is always worth a look.
        status: tenant.detail.gated || tenant.detail.status != host.detail.status,
        update: !ends && tenant.detail.wanted != host.detail.copied.content,
    };
    if follow == Follow::default() { Step::Settled } else { Step::Follow(follow) }
}

/// Tokens from the future were made by a clock that was wrong, so that their times say nothing.
fn is_due(token: &Token, uid: &str, now: i64) -> bool {
    *token.pod_uid != *uid || token.refresh_at <= now || now < token.minted_at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Copied;

    fn seen<D>(uid: &str, detail: D) -> Seen<D> {
        Seen::new(uid, 1, None, detail)
    }

    fn tenant() -> Seen<TenantPod> {
        seen(
            "t1",
            TenantPod {
                node: None,
                started: false,
                finished: false,
                gated: false,
                wants_tokens: false,
                wanted: 1,
                status: 2,
            },
        )
    }

    fn host() -> Seen<HostPod> {
        let copied = Copied { tenant_uid: "t1".into(), content: 1 };
        seen("h1", HostPod { copied, node: None, finished: false, status: 2 })
    }

    fn step(tenant: Option<Seen<TenantPod>>, host: Option<Seen<HostPod>>) -> Step {
        decide(Some(&Pair { tenant, host }), None, false, 100)
    }

    #[test]
    fn a_new_pod_is_made_once_what_it_names_is_there() {
        assert_eq!(step(Some(tenant()), None), Step::Create);
        let pair = Pair { tenant: Some(tenant()), host: None };
        assert_eq!(decide(Some(&pair), None, true, 100), Step::Settled);
    }

    #[test]
    fn an_orphan_on_the_host_is_deleted_with_its_own_grace() {
        assert_eq!(step(None, Some(host())), Step::DeleteHost { uid: "h1".into(), grace: None });
    }

    #[test]
    fn a_host_pod_of_an_earlier_pod_goes_first_and_only_once() {
        let mut stale = host();
        stale.detail.copied.tenant_uid = "t0".into();
        assert_eq!(
            step(Some(tenant()), Some(stale.clone())),
            Step::DeleteHost { uid: "h1".into(), grace: None }
        );
        stale.deleting = Some(30);
        assert_eq!(step(Some(tenant()), Some(stale)), Step::Settled);
    }

    #[test]
    fn deletion_goes_down_with_the_tenants_grace_and_ends_when_the_host_pod_is_gone() {
        let mut tenant = tenant();
        tenant.deleting = Some(7);
        assert_eq!(
            step(Some(tenant.clone()), Some(host())),
            Step::DeleteHost { uid: "h1".into(), grace: Some(7) }
        );
        assert_eq!(step(Some(tenant), None), Step::DeleteTenant { uid: "t1".into(), grace: 0 });
    }

    #[test]
    fn forcing_a_deletion_that_is_under_way_reaches_the_host() {
        let (mut tenant, mut host) = (tenant(), host());
        (tenant.deleting, host.deleting) = (Some(0), Some(30));
        assert_eq!(step(Some(tenant), Some(host)), Step::DeleteHost { uid: "h1".into(), grace: Some(0) });
    }

    #[test]
    fn eviction_on_the_host_comes_up() {
        let mut evicted = host();
        evicted.deleting = Some(30);
        assert_eq!(step(Some(tenant()), Some(evicted)), Step::DeleteTenant { uid: "t1".into(), grace: 30 });
    }

    #[test]
    fn a_pod_that_ran_and_vanished_from_the_host_is_not_made_again() {
        let mut ran = tenant();
        ran.detail.started = true;
        assert_eq!(step(Some(ran.clone()), None), Step::DeleteTenant { uid: "t1".into(), grace: 0 });
        ran.detail.finished = true;
        assert_eq!(step(Some(ran), None), Step::Settled);
    }

    #[test]
    fn a_pod_bound_and_ready_at_once_is_bound_and_its_status_written_in_one_go() {
        let mut ready = host();
        (ready.detail.node, ready.detail.status) = (Some("n1".into()), 9);
        let follow = Follow { bind: Some("n1".into()), status: true, ..Follow::default() };
        assert_eq!(step(Some(tenant()), Some(ready)), Step::Follow(follow));
    }

    #[test]
    fn tokens_are_made_and_made_again_when_due() {
        let mut tenant = tenant();
        tenant.detail.wants_tokens = true;
        let pair = Pair { tenant: Some(tenant), host: Some(host()) };
        let due = Step::Follow(Follow { token: true, ..Follow::default() });
        let token = |uid: &str, refresh_at| Token { pod_uid: uid.into(), minted_at: 90, refresh_at };
        assert_eq!(decide(Some(&pair), None, false, 100), due);
        assert_eq!(decide(Some(&pair), Some(&token("t1", 101)), false, 100), Step::Settled);
        assert_eq!(decide(Some(&pair), Some(&token("t1", 100)), false, 100), due);
        assert_eq!(decide(Some(&pair), Some(&token("t0", 999)), false, 100), due);
        assert_eq!(decide(Some(&pair), Some(&token("t1", 999)), false, 89), due);
    }
}
