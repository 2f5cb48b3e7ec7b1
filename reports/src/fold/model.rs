//! The part of the fold that belongs to one model.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::{
    Check, Leftover, Outcome, Refusal, Sample, Unit,
    report::{
        AbsentRound, ByDesign, CheckReport, Leak, Leftovers, MetricReport, ModelReport, RoundReport,
        ServerClock,
    },
    stats::{Observation, Sorted},
};

/// What is known of one model so far.
#[derive(Clone, Debug, Default)]
pub(super) struct ModelFold {
    rounds: BTreeMap<u32, Option<(Outcome, Option<String>)>>,
    refused: Option<Refusal>,
    metrics: IndexMap<String, MetricFold>,
    checks: IndexMap<String, CheckReport>,
    leftovers: Leftovers,
}

#[derive(Clone, Debug, Default)]
struct MetricFold {
    samples: Vec<Sample>,
    absent: Vec<AbsentRound>,
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

    pub(super) fn refuse(&mut self, refusal: &Refusal) {
        self.refused.get_or_insert_with(|| refusal.clone());
    }

    pub(super) fn sample(&mut self, sample: &Sample) {
        if sample.value.is_finite() {
            self.metrics.entry(sample.metric.clone()).or_default().samples.push(Sample {
                server_value: sample.server_value.filter(|value| value.is_finite()),
                ..sample.clone()
            });
        } else {
            self.absent(sample.round, &sample.metric, "the measured value was not a number");
        }
    }

    pub(super) fn absent(&mut self, round: u32, metric: &str, reason: &str) {
        let absence = AbsentRound { round, reason: reason.to_owned() };
        self.metrics.entry(metric.to_owned()).or_default().absent.push(absence);
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
        let why_absent = Self::why_absent(outcome, error.as_deref());
        ModelReport {
            outcome,
            refused: self.refused.clone(),
            error,
            rounds: self.rounds.iter().map(|(&round, end)| round_report(round, end.as_ref())).collect(),
            metrics: metrics
                .iter()
                .map(|&name| {
                    let report = match self.metrics.get(name) {
                        Some(metric) => metric.report(name),
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

    fn why_absent(outcome: Outcome, error: Option<&str>) -> String {
        match outcome {
            Outcome::Failed => format!("not reached: {}", error.unwrap_or("the round failed")),
            Outcome::Refused => "not reached: an earlier step was refused".to_owned(),
            Outcome::Ok => "this model has no such figure".to_owned(),
        }
    }
}

impl MetricFold {
    fn report(&self, name: &str) -> MetricReport {
        let unit = Unit::of(name);
        if self.samples.is_empty() {
            let reason = self.absent.first().map_or("not measured", |absence| &absence.reason).to_owned();
            return MetricReport::absent(unit, reason, self.absent.clone());
        }
        let samples = &self.samples;
        let mut report = MetricReport {
            values: samples.iter().map(|sample| sample.value).collect(),
            rounds: samples.iter().map(|sample| sample.round).collect(),
            censored: samples.iter().filter(|sample| sample.censored).count(),
            server: self.server_clock(),
            absent: self.absent.clone(),
            ..MetricReport::empty(unit)
        };
        if samples.iter().any(|sample| sample.subject.is_some()) {
            report.subjects = samples.iter().map(|sample| sample.subject.clone()).collect();
        }
        report.set_figures(
            samples
                .iter()
                .map(|sample| Observation { value: sample.value, censored: sample.censored })
                .collect(),
        );
        report
    }

    fn server_clock(&self) -> Option<ServerClock> {
        let values: Vec<Option<f64>> = self.samples.iter().map(|sample| sample.server_value).collect();
        let stamped = values.iter().flatten().map(|&value| Observation { value, censored: false }).collect();
        let sorted = Sorted::new(stamped)?;
        Some(ServerClock {
            n: sorted.n(),
            p50: sorted.median().value,
            min: sorted.min().value,
            max: sorted.max().value,
            values,
        })
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
