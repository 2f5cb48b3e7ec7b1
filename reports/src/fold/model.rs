//! The part of the fold that belongs to one model.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::metric::MetricFold;
use crate::{
    Check, Leftover, Outcome, Refusal, Sample, Unit,
    report::{AbsentRound, ByDesign, CheckReport, Leak, Leftovers, MetricReport, ModelReport, RoundReport},
};

const AFTER_REFUSAL: &str = "what a round that was refused leaves to clean up is no figure";
const AFTER_FAILURE: &str = "what a round that failed leaves to clean up is no figure";

/// What is known of one model so far.
#[derive(Clone, Debug, Default)]
pub(super) struct ModelFold {
    rounds: BTreeMap<u32, Option<(Outcome, Option<String>)>>,
    /// The rounds that have gone wrong, and why their values no longer count: what they clean up is not what a good
    /// round would.
    wrong: BTreeMap<u32, &'static str>,
    refused: Option<Refusal>,
    metrics: IndexMap<String, MetricFold>,
    checks: IndexMap<String, CheckReport>,
    leftovers: Leftovers,
}

impl ModelFold {
    pub(super) fn begin(&mut self, round: u32) {
        self.rounds.entry(round).or_default();
    }

    pub(super) fn finish(&mut self, round: u32, outcome: Outcome, error: Option<&str>) {
        self.rounds.insert(round, Some((outcome, error.map(str::to_owned))));
    }

    pub(super) fn ended(&self) -> usize {
        self.rounds.values().flatten().count()
    }

    pub(super) fn refuse(&mut self, round: u32, refusal: &Refusal) {
        self.wrong.entry(round).or_insert(AFTER_REFUSAL);
        self.refused.get_or_insert_with(|| refusal.clone());
    }

    pub(super) fn fail(&mut self, round: u32) {
        self.wrong.entry(round).or_insert(AFTER_FAILURE);
    }

    /// A value counts, unless its round has gone wrong before.
    pub(super) fn sample(&mut self, sample: &Sample) {
        match self.wrong.get(&sample.round).copied() {
            Some(reason) => self.absent(sample.round, &sample.metric, reason),
            None if sample.value.is_finite() => self.metric(&sample.metric).sample(sample),
            None => self.absent(sample.round, &sample.metric, "the measured value was not a number"),
        }
    }

    pub(super) fn absent(&mut self, round: u32, metric: &str, reason: &str) {
        self.metric(metric).absent(round, reason);
    }

    fn metric(&mut self, name: &str) -> &mut MetricFold {
        self.metrics.entry(name.to_owned()).or_default()
    }

    /// Of several rounds the worst counts.
    pub(super) fn check(&mut self, round: u32, Check { name, verdict, detail }: &Check) {
        let fresh = || CheckReport {
            name: name.clone(),
            verdict: *verdict,
            detail: detail.clone(),
            rounds: Vec::new(),
        };
        let known = self.checks.entry(name.clone()).or_insert_with(fresh);
        if *verdict > known.verdict {
            (known.verdict, known.detail) = (*verdict, detail.clone());
        }
        add_round(&mut known.rounds, round);
    }

    pub(super) fn leave(&mut self, round: u32, Leftover { kind, name, by_design }: &Leftover) {
        let (kind, name) = (kind.clone(), name.clone());
        match by_design {
            Some(reason) => {
                let list = &mut self.leftovers.by_design;
                match list.iter_mut().find(|known| known.kind == kind && known.name == name) {
                    Some(known) => add_round(&mut known.rounds, round),
                    None => list.push(ByDesign { kind, name, reason: reason.clone(), rounds: vec![round] }),
                }
            }
            None => {
                let list = &mut self.leftovers.leaks;
                match list.iter_mut().find(|known| known.kind == kind && known.name == name) {
                    Some(known) => add_round(&mut known.rounds, round),
                    None => list.push(Leak { kind, name, rounds: vec![round] }),
                }
            }
        }
    }

    /// The model's part of the report, with every one of `metrics`.
    pub(super) fn report(&self, metrics: &[&str], run_ended: bool) -> ModelReport {
        let (outcome, error) = self.outcome(run_ended);
        let why_absent = why_absent(outcome, error.as_deref());
        let cut_short = self.cut_short(run_ended);
        ModelReport {
            outcome,
            refused: self.refused.clone(),
            error,
            rounds: self.rounds.iter().map(|(&round, end)| round_report(round, end.as_ref())).collect(),
            metrics: metrics
                .iter()
                .map(|&name| {
                    let report = match self.metrics.get(name) {
                        Some(metric) => metric.report(name, &cut_short),
                        None => MetricReport::absent(Unit::of(name), why_absent.clone(), Vec::new()),
                    };
                    (name.to_owned(), report)
                })
                .collect(),
            checks: self.checks.values().cloned().collect(),
            leftovers: self.leftovers.clone(),
        }
    }

    fn outcome(&self, run_ended: bool) -> (Outcome, Option<String>) {
        let failed = self.rounds.values().flatten().find(|(outcome, _)| *outcome == Outcome::Failed);
        let refused = self.rounds.values().flatten().any(|(outcome, _)| *outcome == Outcome::Refused);
        match failed {
            Some((_, error)) => (Outcome::Failed, error.clone()),
            None if refused => (Outcome::Refused, None),
            None if self.ended() > 0 => (Outcome::Ok, None),
            None if run_ended => (Outcome::Failed, Some("no round of it came to its end".to_owned())),
            None => (Outcome::Failed, Some("the run was cut off before a round of it ended".to_owned())),
        }
    }

    /// The rounds that were not done to their end, and why they lack what they did not come to.
    fn cut_short(&self, run_ended: bool) -> Vec<AbsentRound> {
        let unended =
            if run_ended { "the round did not end" } else { "the run was cut off within the round" };
        let why = |end: &Option<(Outcome, Option<String>)>| match end {
            Some((Outcome::Ok, _)) => None,
            Some((outcome, error)) => Some(why_absent(*outcome, error.as_deref())),
            None => Some(why_absent(Outcome::Failed, Some(unended))),
        };
        let rounds = self.rounds.iter();
        rounds.filter_map(|(&round, end)| Some(AbsentRound { round, reason: why(end)? })).collect()
    }
}

fn why_absent(outcome: Outcome, error: Option<&str>) -> String {
    match outcome {
        Outcome::Failed => format!("not reached: {}", error.unwrap_or("the round failed")),
        Outcome::Refused => "not reached: an earlier step was refused".to_owned(),
        Outcome::Ok => "this model has no such figure".to_owned(),
    }
}

fn round_report(round: u32, end: Option<&(Outcome, Option<String>)>) -> RoundReport {
    RoundReport {
        round,
        outcome: end.map(|(outcome, _)| *outcome),
        error: end.and_then(|(_, error)| error.clone()),
    }
}

fn add_round(rounds: &mut Vec<u32>, round: u32) {
    if !rounds.contains(&round) {
        rounds.push(round);
    }
}
