//! How a syncer fares: whether it lives, how far it has come, and what it counts.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::pulse::{Pulse, Pulses, STUCK};
use crate::{
    kinds::{Kind, Side},
    metrics::Metrics,
};

/// How a syncer fares. Clones share one state.
#[derive(Clone, Debug)]
pub struct Health {
    state: watch::Sender<State>,
    pulses: Pulses,
    metrics: Metrics,
}

/// How far it has come.
#[derive(Clone, Debug, Default)]
struct State {
    /// Lists that are not whole yet; none before it is known which there are.
    lists: Option<BTreeSet<(Side, Kind)>>,
    all_lists: Vec<(Side, Kind)>,
    drained: bool,
}

/// One thing that must be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// What is wrong, if anything.
    pub problem: Option<String>,
}

impl Check {
    fn new(name: impl Into<String>, problem: Option<String>) -> Self {
        Self { name: name.into(), problem }
    }
}

impl Default for Health {
    fn default() -> Self {
        let state = watch::Sender::new(State::default());
        Self { state, pulses: Pulses::default(), metrics: Metrics::default() }
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

    /// What must be so for it to be ready.
    pub fn readiness(&self) -> Vec<Check> {
        readiness(&self.state.borrow())
    }

    /// A loop begins that must not stop.
    pub(crate) fn pulse(&self, name: &str) -> Pulse {
        self.pulses.add(name, Instant::now())
    }

    /// These lists must be whole before anything is decided.
    pub(super) fn awaits(&self, lists: Vec<(Side, Kind)>) {
        self.state.send_modify(|state| {
            state.lists = Some(lists.iter().copied().collect());
            state.all_lists = lists;
        });
    }

    pub(super) fn list_is_whole(&self, side: Side, kind: Kind) {
        self.state
            .send_if_modified(|state| state.lists.as_mut().is_some_and(|lists| lists.remove(&(side, kind))));
    }

    pub(super) async fn lists_are_whole(&self) {
        self.reach(|state| state.lists.as_ref().is_some_and(BTreeSet::is_empty)).await;
    }

    pub(super) fn drained(&self) {
        self.state.send_if_modified(|state| !std::mem::replace(&mut state.drained, true));
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

fn readiness(state: &State) -> Vec<Check> {
    let Some(missing) = &state.lists else {
        let problem =
            "an API server has not answered yet what must be known first; the log at debug says what";
        return vec![Check::new("start", Some(problem.to_owned()))];
    };
    let list = |list: &(Side, Kind)| {
        let name = format!("list {}/{}", list.0.word(), list.1.api().plural);
        Check::new(name, missing.contains(list).then(|| "is not whole yet".to_owned()))
    };
    let waits = (!state.drained).then(|| "not all that the lists ask for has been done once".to_owned());
    let lists = state.all_lists.iter().map(list);
    lists.chain([Check::new("first round", waits)]).collect()
}

#[cfg(test)]
mod tests {
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
    fn a_loop_that_does_not_turn_any_more_is_dead() {
        let silent = |seconds| live(vec![("watch host/pods".to_owned(), Duration::from_secs(seconds))]);
        assert_eq!(silent(89)[0].problem, None);
        assert_eq!(silent(90)[0].problem.as_deref(), Some("has not turned for 90 s"));
    }
}
