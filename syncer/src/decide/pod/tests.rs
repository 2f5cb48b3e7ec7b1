use super::*;
use crate::index::Copied;

fn tenant() -> Seen<TenantPod> {
    let pod = TenantPod {
        node: None,
        started: false,
        finished: false,
        gated: false,
        held: false,
        daemon: false,
        wants_tokens: false,
        wanted: 1,
        status: 2,
        gates: 0,
        form: None,
    };
    Seen::new("t1", 1, None, pod)
}

fn host() -> Seen<HostPod> {
    let copied = Copied { tenant_uid: "t1".into(), content: 1 };
    Seen::new("h1", 1, None, HostPod { copied, node: None, finished: false, status: 2, gates: None })
}

fn running() -> (Seen<TenantPod>, Seen<HostPod>) {
    let (mut tenant, mut host) = (tenant(), host());
    (tenant.detail.node, tenant.detail.started) = (Some("n1".into()), true);
    host.detail.node = Some("n1".into());
    (tenant, host)
}

fn step(tenant: Option<Seen<TenantPod>>, host: Option<Seen<HostPod>>) -> Step {
    decide(Some(&Pair { tenant, host }), &Around { now: 100, ..Around::default() })
}

fn forced(tenant: Option<Seen<TenantPod>>, host: Option<Seen<HostPod>>) -> Step {
    decide(Some(&Pair { tenant, host }), &Around { forced: true, ..Around::default() })
}

fn delete_host(grace: Option<i64>) -> Step {
    Step::DeleteHost { uid: "h1".into(), grace }
}

fn delete_tenant(grace: Option<i64>, last_status: bool) -> Step {
    Step::DeleteTenant { uid: "t1".into(), grace, last_status }
}

#[test]
fn a_new_pod_is_made_once_what_it_names_is_there() {
    assert_eq!(step(Some(tenant()), None), Step::Create);
    let pair = Pair { tenant: Some(tenant()), host: None };
    assert_eq!(decide(Some(&pair), &Around { waits: true, ..Around::default() }), Step::Settled);
}

#[test]
fn a_running_pod_that_agrees_needs_nothing() {
    let (tenant, host) = running();
    assert_eq!(step(Some(tenant), Some(host)), Step::Settled);
}

#[test]
fn an_orphan_on_the_host_is_deleted_with_its_own_grace_and_only_once() {
    assert_eq!(step(None, Some(host())), delete_host(None));
    let mut ending = host();
    ending.deleting = Some(30);
    assert_eq!(step(None, Some(ending)), Step::Settled);
}

#[test]
fn a_pod_that_the_tenant_forced_away_is_forced_away_on_the_host() {
    assert_eq!(forced(None, Some(host())), delete_host(Some(0)));
    let mut ending = host();
    ending.deleting = Some(30);
    assert_eq!(forced(None, Some(ending.clone())), delete_host(Some(0)));
    ending.deleting = Some(0);
    assert_eq!(forced(None, Some(ending)), Step::Settled);
}

#[test]
fn a_host_pod_of_an_earlier_pod_goes_first_and_only_once() {
    let mut stale = host();
    stale.detail.copied.tenant_uid = "t0".into();
    assert_eq!(step(Some(tenant()), Some(stale.clone())), delete_host(None));
    assert_eq!(forced(Some(tenant()), Some(stale.clone())), delete_host(Some(0)));
    stale.deleting = Some(30);
    assert_eq!(step(Some(tenant()), Some(stale)), Step::Settled);
}

#[test]
fn deletion_goes_down_with_the_tenants_grace_and_ends_when_the_host_pod_is_gone() {
    let (mut tenant, host) = running();
    tenant.deleting = Some(7);
    assert_eq!(step(Some(tenant.clone()), Some(host)), delete_host(Some(7)));
    assert_eq!(step(Some(tenant), None), delete_tenant(Some(0), false));
}

#[test]
fn status_comes_up_until_the_host_pod_is_gone() {
    let (mut tenant, mut host) = running();
    (tenant.deleting, host.deleting, host.detail.status) = (Some(7), Some(7), 3);
    let status = Follow { status: true, ..Follow::default() };
    assert_eq!(step(Some(tenant), Some(host)), Step::Follow(status));
}

#[test]
fn forcing_a_deletion_that_is_under_way_reaches_the_host() {
    let (mut tenant, mut host) = running();
    (tenant.deleting, host.deleting) = (Some(0), Some(30));
    assert_eq!(step(Some(tenant), Some(host)), delete_host(Some(0)));
}

#[test]
fn a_pod_that_was_not_bound_yet_goes_without_grace_and_its_copy_with_its_own() {
    let mut unbound = tenant();
    unbound.deleting = Some(0);
    assert_eq!(step(Some(unbound.clone()), Some(host())), delete_host(None));
    assert_eq!(step(Some(unbound), None), Step::Later);
}

#[test]
fn a_pod_that_was_to_be_gone_and_is_not_is_deleted_once_more_unless_something_holds_it() {
    let waited = |tenant| {
        let pair = Pair { tenant: Some(tenant), host: None };
        decide(Some(&pair), &Around { waited: true, ..Around::default() })
    };
    let (mut ending, _) = running();
    ending.deleting = Some(0);
    assert_eq!(step(Some(ending.clone()), None), Step::Later);
    assert_eq!(waited(ending.clone()), delete_tenant(Some(0), false));
    (ending.detail.held, ending.detail.finished) = (true, true);
    assert_eq!(waited(ending), Step::Settled);
}

#[test]
fn a_pod_that_finalizers_hold_says_how_it_ended_and_then_stays() {
    let (mut held, _) = running();
    (held.deleting, held.detail.held) = (Some(7), true);
    assert_eq!(step(Some(held.clone()), None), delete_tenant(Some(0), true));
    held.deleting = Some(0);
    assert_eq!(step(Some(held.clone()), None), Step::Conclude);
    held.detail.finished = true;
    assert_eq!(step(Some(held), None), Step::Settled);
}

#[test]
fn deletion_on_the_host_comes_up_with_its_grace_after_what_led_to_it() {
    let (tenant, mut host) = running();
    host.deleting = Some(30);
    assert_eq!(step(Some(tenant.clone()), Some(host.clone())), delete_tenant(Some(30), false));
    // Preemption and API eviction write a condition just before they delete.
    host.detail.status = 9;
    assert_eq!(step(Some(tenant), Some(host)), delete_tenant(Some(30), true));
}

#[test]
fn a_pod_that_ran_and_vanished_from_the_host_is_not_made_again() {
    let (mut ran, _) = running();
    assert_eq!(step(Some(ran.clone()), None), delete_tenant(Some(0), true));
    ran.detail.finished = true;
    assert_eq!(step(Some(ran), None), Step::Settled);
}

#[test]
fn a_pod_that_a_kubelet_evicted_stays_with_its_status() {
    let (tenant, mut host) = running();
    (host.detail.finished, host.detail.status) = (true, 9);
    let status = Follow { status: true, ..Follow::default() };
    assert_eq!(step(Some(tenant.clone()), Some(host)), Step::Follow(status));
    let mut failed = tenant;
    failed.detail.finished = true;
    let mut cleared = self::host();
    (cleared.deleting, cleared.detail.finished) = (Some(0), true);
    assert_eq!(step(Some(failed.clone()), Some(cleared)), Step::Settled);
    assert_eq!(step(Some(failed), None), Step::Settled);
}

#[test]
fn a_pod_bound_and_ready_at_once_is_bound_and_its_status_written_in_one_go() {
    let mut ready = host();
    (ready.detail.node, ready.detail.status) = (Some("n1".into()), 9);
    let follow = Follow { bind: Some("n1".into()), status: true, ..Follow::default() };
    assert_eq!(step(Some(tenant()), Some(ready)), Step::Follow(follow));
}

#[test]
fn a_pod_that_chose_its_node_gets_that_node_in_the_tenant() {
    let (mut tenant, host) = running();
    tenant.detail.started = false;
    let follow = Follow { bind: Some("n1".into()), ..Follow::default() };
    assert_eq!(step(Some(tenant), Some(host)), Step::Follow(follow));
}

#[test]
fn a_pod_that_the_tenant_bound_elsewhere_goes() {
    let (mut tenant, host) = running();
    tenant.detail.node = Some("n2".into());
    assert_eq!(step(Some(tenant.clone()), Some(host.clone())), delete_tenant(None, false));
    tenant.deleting = Some(7);
    assert_eq!(step(Some(tenant), Some(host)), delete_host(Some(7)));
}

#[test]
fn what_changes_in_a_pod_goes_down_until_it_ends() {
    let (mut tenant, mut host) = running();
    tenant.detail.wanted = 5;
    let update = Follow { update: true, ..Follow::default() };
    assert_eq!(step(Some(tenant.clone()), Some(host.clone())), Step::Follow(update));
    host.detail.finished = true;
    assert_eq!(step(Some(tenant), Some(host)), Step::Settled);
}

#[test]
fn tokens_are_made_and_made_again_when_due() {
    let mut tenant = tenant();
    tenant.detail.wants_tokens = true;
    let pair = Pair { tenant: Some(tenant), host: Some(host()) };
    let due = Step::Follow(Follow { token: true, ..Follow::default() });
    let at = |now, tokens: KnownTokens<'_>| decide(Some(&pair), &Around { tokens, now, ..Around::default() });
    assert_eq!(at(100, KnownTokens::Absent), due);
    assert_eq!(at(100, KnownTokens::Held(&token("t1", 101))), Step::Settled);
    assert_eq!(at(100, KnownTokens::Held(&token("t1", 100))), due);
    assert_eq!(at(89, KnownTokens::Held(&token("t1", 999))), due);
    assert_eq!(at(100, KnownTokens::Unlisted), Step::Settled);
}

fn token(pod: &str, refresh_at: i64) -> Seen<Token> {
    Seen::new("s1", 1, None, Token { pod_uid: pod.into(), minted_at: 90, refresh_at })
}

#[test]
fn tokens_of_a_pod_that_is_gone_let_others_go_first() {
    let token = token("t1", 999);
    let step = |waited| {
        decide(None, &Around { tokens: KnownTokens::Held(&token), waited, now: 100, ..Around::default() })
    };
    assert_eq!(step(false), Step::Later);
    assert_eq!(step(true), Step::DropTokens { secret: "s1".into(), pod: "t1".into() });
}

#[test]
fn tokens_go_when_neither_side_has_their_pod_and_before_its_successor_is_made() {
    let copy_of = |uid: &str| {
        let mut host = host();
        host.detail.copied.tenant_uid = uid.into();
        host
    };
    for (tenant, host, pod, goes) in [
        (None, None, "t1", true),
        (Some(tenant()), None, "t0", true),
        (Some(tenant()), Some(host()), "t0", true),
        (Some(tenant()), None, "t1", false),
        (None, Some(host()), "t1", false),
        // Its copy may still need them.
        (Some(tenant()), Some(copy_of("t0")), "t0", false),
        // It is about to be made.
        (Some(tenant()), Some(copy_of("t0")), "t1", false),
    ] {
        let (token, pair) = (token(pod, 999), Pair { tenant, host });
        let pair = Some(&pair).filter(|pair| pair.tenant.is_some() || pair.host.is_some());
        let around =
            Around { tokens: KnownTokens::Held(&token), waited: true, now: 100, ..Around::default() };
        let step = decide(pair, &around);
        let drop = Step::DropTokens { secret: "s1".into(), pod: pod.into() };
        assert_eq!(step == drop, goes, "{pair:?} and tokens of {pod}: {step:?}");
    }
}

#[test]
fn gates_follow_where_the_host_has_them() {
    for (of_host, differs) in [(None, false), (Some(7), false), (Some(0), true)] {
        let (mut tenant, mut host) = running();
        (tenant.detail.gates, host.detail.gates) = (7, of_host);
        let wanted =
            if differs { Step::Follow(Follow { gates: true, ..Follow::default() }) } else { Step::Settled };
        assert_eq!(step(Some(tenant), Some(host)), wanted, "{of_host:?}");
    }
}
