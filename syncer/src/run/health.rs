//! How a syncer fares: whether it lives, how far it has come, and what it counts.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::sync::watch;

use super::{
    pulse::{Pulse, Pulses, STUCK},
    watches::is_waited_for,
};
use crate::{
    kinds::{Kind, Side},
    metrics::Metrics,
};

/// How a syncer fares, or one tenant of it. Clones share one state.
#[derive(Clone, Debug, Default)]
pub struct Health {
    state: watch::Sender<State>,
    pulses: Pulses,
    metrics: Metrics,
    /// The tenant's name, where the process serves many.
    tenant: Option<Arc<str>>,
    members: Arc<Mutex<BTreeMap<String, Self>>>,
    /// Where many tenants are served: how each kind of the host is watched, by what its watch is called.
    host_watches: Arc<Mutex<BTreeMap<&'static str, String>>>,
}

/// How far it has come.
#[derive(Clone, Debug, Default)]
struct State {
    /// Lists that are not whole yet, those that nothing waits for too; none before it is known which there are.
    lists: Option<BTreeSet<(Side, Kind)>>,
    all_lists: Vec<(Side, Kind)>,
    /// Whether what the lists ask for is being done.
    opened: bool,
    drained: bool,
    /// Whether another replica leads, and all that this one has to do is to watch.
    stands_by: bool,
    /// Why it is not worked for, until it is tried again.
    problem: Option<String>,
    /// Where many tenants are served: whether it is known which.
    tenants: Option<bool>,
}

/// One thing that must be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// What is wrong, if anything.
    pub problem: Option<String>,
    /// Whether the whole process is held to be wrong by that, or only a part of it.
    pub is_vital: bool,
}

impl Check {
    fn new(name: impl Into<String>, problem: Option<String>) -> Self {
        Self { name: name.into(), problem, is_vital: true }
    }
}

impl Health {
    /// What it counts and times.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Whether both sides have been listed and all that they asked for has been done once.
    pub fn is_ready(&self) -> bool {
        self.state.borrow().drained
    }

    /// Returns when it is ready.
    pub async fn ready(&self) {
        self.reach(|state| state.drained).await;
    }

    /// What must be so for it to be alive. An API server that is away is none of this: a restart would not bring it back.
    pub fn live(&self) -> Vec<Check> {
        live(self.pulses.silences(Instant::now()))
    }

    /// What must be so for it to be ready, and how its tenants fare where it has many: one that is in trouble is told of,
    /// and the process is ready for the others.
    pub fn readiness(&self) -> Vec<Check> {
        let state = self.state.borrow();
        let Some(known) = state.tenants else { return readiness(&state) };
        let unknown = (!known).then(|| "not all sources of tenants have been read yet".to_owned());
        let members = self.members.lock();
        let of_tenant = |(name, health): (&String, &Self)| {
            let problem = first_problem(&health.state.borrow());
            Check { is_vital: false, ..Check::new(format!("tenant {name}"), problem) }
        };
        let watches = self.host_watches.lock();
        let watches = watches.iter().map(|(kind, how)| Check::new(format!("watch host/{kind} {how}"), None));
        let tenants = members.iter().map(of_tenant);
        std::iter::once(Check::new("tenants", unknown)).chain(watches).chain(tenants).collect()
    }

    /// A loop begins that must not stop.
    pub(crate) fn pulse(&self, name: &str) -> Pulse {
        let name = self.tenant.as_ref().map_or_else(|| name.to_owned(), |tenant| format!("{tenant}: {name}"));
        self.pulses.add(&name, Instant::now())
    }

    /// It has many tenants.
    pub(super) fn serves_many(&self) {
        self.state.send_modify(|state| state.tenants = Some(false));
    }

    /// All sources of tenants have been read.
    pub(super) fn knows_its_tenants(&self) {
        self.state.send_modify(|state| state.tenants = Some(true));
    }

    /// How one tenant of many fares, from its beginning.
    pub(super) fn member(&self, name: &str) -> Self {
        let member = Self {
            state: watch::Sender::default(),
            pulses: self.pulses.clone(),
            metrics: self.metrics.clone(),
            tenant: Some(name.into()),
            members: Arc::default(),
            host_watches: Arc::default(),
        };
        self.metrics.tenant_ready(name, false);
        self.members.lock().insert(name.to_owned(), member.clone());
        member
    }

    /// A tenant is gone.
    pub(super) fn forget(&self, name: &str) {
        self.members.lock().remove(name);
        self.metrics.tenant_gone(name);
    }

    /// A kind of the host is watched once for all tenants or, for want of a right, in each one's namespace.
    pub(crate) fn host_watch(&self, kind: Kind, lack: Option<&str>) {
        let how = match lack {
            None => "(one for all tenants)".to_owned(),
            Some(lack) => format!("(one for each, for it may not {lack} in all namespaces)"),
        };
        self.host_watches.lock().insert(kind.watched_as(), how);
        self.metrics.watched_together(kind, Some(lack.is_none()));
    }

    /// A kind of the host is not watched any more.
    pub(crate) fn host_watch_ends(&self, kind: Kind) {
        self.host_watches.lock().remove(kind.watched_as());
        self.metrics.watched_together(kind, None);
    }

    /// It is not worked for, for this reason, until it is tried again.
    pub(super) fn is_broken(&self, problem: &str) {
        self.state
            .send_modify(|state| *state = State { problem: Some(problem.to_owned()), ..State::default() });
        self.tell_metrics(false);
    }

    fn tell_metrics(&self, is_ready: bool) {
        if let Some(tenant) = &self.tenant {
            self.metrics.tenant_ready(tenant, is_ready);
        }
    }

    /// These lists are to be whole; before anything is decided, as far as it waits for them.
    pub(super) fn awaits(&self, lists: Vec<(Side, Kind)>) {
        self.state.send_modify(|state| {
            state.problem = None;
            state.lists = Some(lists.iter().copied().collect());
            state.all_lists = lists;
        });
    }

    pub(super) fn list_is_whole(&self, side: Side, kind: Kind) {
        self.state
            .send_if_modified(|state| state.lists.as_mut().is_some_and(|lists| lists.remove(&(side, kind))));
    }

    /// Returns when all lists are whole that something waits for.
    pub(super) async fn lists_are_whole(&self) {
        self.have_listed(|(_, kind)| is_waited_for(kind)).await;
    }

    /// Returns when all lists are whole that something waits for, but those of pods.
    pub(super) async fn lists_but_pods_are_whole(&self) {
        self.have_listed(|(_, kind)| kind != Kind::Pod && is_waited_for(kind)).await;
    }

    /// Returns when this list is whole.
    pub(super) async fn has_listed(&self, side: Side, kind: Kind) {
        self.have_listed(|list| list == (side, kind)).await;
    }

    /// Another replica leads, or not any more.
    pub(super) fn stands_by(&self, stands_by: bool) {
        self.state.send_modify(|state| state.stands_by = stands_by);
    }

    /// What the lists ask for is being done from now on.
    pub(super) fn opened(&self) {
        self.state.send_modify(|state| state.opened = true);
    }

    /// Returns when what the lists ask for is being done.
    pub(super) async fn has_opened(&self) {
        self.reach(|state| state.opened).await;
    }

    pub(super) fn drained(&self) {
        if self.state.send_if_modified(|state| !std::mem::replace(&mut state.drained, true)) {
            self.tell_metrics(true);
        }
    }

    async fn have_listed(&self, counts: impl Fn((Side, Kind)) -> bool) {
        let is_whole = |missing: &BTreeSet<(Side, Kind)>| !missing.iter().any(|list| counts(*list));
        self.reach(|state| state.lists.as_ref().is_some_and(is_whole)).await;
    }

    async fn reach(&self, reached: impl FnMut(&State) -> bool) {
        // The sender is `self`, so the channel cannot close meanwhile.
        let _ = self.state.subscribe().wait_for(reached).await;
    }
}

fn live(silences: Vec<(String, Duration)>) -> Vec<Check> {
    let stuck =
        |silence: Duration| (silence >= STUCK).then(|| format!("has not turned for {} s", silence.as_secs()));
    silences.into_iter().map(|(name, silence)| Check::new(name, stuck(silence))).collect()
}

/// In one line, what keeps a tenant from being ready.
fn first_problem(state: &State) -> Option<String> {
    if let Some(problem) = &state.problem {
        return Some(problem.clone());
    }
    let failed = readiness(state).into_iter().find(|check| check.is_vital && check.problem.is_some())?;
    failed.problem.map(|problem| format!("{}: {problem}", failed.name))
}

fn readiness(state: &State) -> Vec<Check> {
    let Some(missing) = &state.lists else {
        let problem =
            "an API server has not answered yet what must be known first; the log at debug says what";
        return vec![Check::new("start", Some(problem.to_owned()))];
    };
    let list = |list: &(Side, Kind)| {
        let name = format!("list {}/{}", list.0.word(), list.1.watched_as());
        let problem = missing.contains(list).then(|| "is not whole yet".to_owned());
        Check { is_vital: is_waited_for(list.1), ..Check::new(name, problem) }
    };
    let waits = (!state.drained && !state.stands_by)
        .then(|| "not all that the lists ask for has been done once".to_owned());
    let lists = state.all_lists.iter().map(list);
    lists.chain([Check::new("first round", waits)]).collect()
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn problems(checks: &[Check]) -> Vec<&str> {
        checks.iter().filter(|check| check.problem.is_some()).map(|check| check.name.as_str()).collect()
    }

    #[test]
    fn readiness_names_what_is_missing() {
        let health = Health::default();
        assert_eq!(problems(&health.readiness()), ["start"]);
        health.awaits(vec![(Side::Tenant, Kind::Pod), (Side::Host, Kind::Pod)]);
        assert_eq!(problems(&health.readiness()), ["list tenant/pods", "list host/pods", "first round"]);
        health.list_is_whole(Side::Host, Kind::Pod);
        assert_eq!(problems(&health.readiness()), ["list tenant/pods", "first round"]);
        health.list_is_whole(Side::Tenant, Kind::Pod);
        assert_eq!(problems(&health.readiness()), ["first round"]);
        health.drained();
        assert_eq!(problems(&health.readiness()), [""; 0]);
        assert!(health.is_ready());
    }

    #[test]
    fn a_list_that_nothing_waits_for_is_told_of_and_keeps_nobody_from_being_ready() {
        let health = Health::default();
        health.awaits(vec![(Side::Host, Kind::PodToken)]);
        assert!(health.lists_are_whole().now_or_never().is_some());
        health.drained();
        let lacking = |health: &Health| {
            let checks = health.readiness();
            (
                problems(&checks).join(","),
                checks.iter().any(|check| check.is_vital && check.problem.is_some()),
            )
        };
        assert_eq!(lacking(&health), ("list host/secrets (pod tokens)".to_owned(), false));
        assert!(health.has_listed(Side::Host, Kind::PodToken).now_or_never().is_none());
        health.list_is_whole(Side::Host, Kind::PodToken);
        assert_eq!(lacking(&health), (String::new(), false));
        assert!(health.has_listed(Side::Host, Kind::PodToken).now_or_never().is_some());
    }

    #[test]
    fn of_many_tenants_each_is_told_of_and_none_makes_the_process_unready() {
        let health = Health::default();
        health.serves_many();
        let lines = |health: &Health| -> Vec<(String, bool, bool)> {
            let line = |check: Check| (check.name, check.problem.is_none(), check.is_vital);
            health.readiness().into_iter().map(line).collect()
        };
        assert_eq!(lines(&health), [("tenants".to_owned(), false, true)]);
        health.knows_its_tenants();
        let (good, bad) = (health.member("good"), health.member("bad"));
        good.awaits(Vec::new());
        good.drained();
        health.host_watch(Kind::Pod, None);
        health.host_watch(Kind::Secret, Some("list secrets"));
        bad.is_broken("its etcd was wiped");
        let expected = [
            ("tenants", true, true),
            ("watch host/pods (one for all tenants)", true, true),
            ("watch host/secrets (one for each, for it may not list secrets in all namespaces)", true, true),
            ("tenant bad", false, false),
            ("tenant good", true, false),
        ];
        let expected = expected.map(|(name, ok, vital)| (name.to_owned(), ok, vital));
        assert_eq!(lines(&health), expected);
        health.forget("bad");
        health.host_watch_ends(Kind::Secret);
        assert_eq!(lines(&health), [0, 1, 4].map(|line| expected[line].clone()));
    }

    #[test]
    fn a_loop_that_does_not_turn_any_more_is_dead() {
        let silent = |seconds| live(vec![("watch host/pods".to_owned(), Duration::from_secs(seconds))]);
        assert_eq!(silent(89)[0].problem, None);
        assert_eq!(silent(90)[0].problem.as_deref(), Some("has not turned for 90 s"));
    }
}
