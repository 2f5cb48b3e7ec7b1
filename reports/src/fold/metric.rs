//! The part of the fold that belongs to one metric of one model.

use indexmap::IndexMap;

use crate::{
    Metric, Sample, Unit,
    report::{AbsentRound, Figures, MetricReport, ServerClock},
    stats::{Observation, Sorted},
};

/// What is known of one metric so far.
#[derive(Clone, Debug, Default)]
pub(super) struct MetricFold {
    samples: Vec<Sample>,
    absent: Vec<AbsentRound>,
}

impl MetricFold {
    /// Takes in a value that is a finite number.
    pub(super) fn sample(&mut self, sample: &Sample) {
        let server_value = sample.server_value.filter(|value| value.is_finite());
        self.samples.push(Sample { server_value, ..sample.clone() });
    }

    /// Takes in why there is no value; what many pods of a round have in common is said once.
    pub(super) fn absent(&mut self, round: u32, reason: &str) {
        let absence = AbsentRound { round, reason: reason.to_owned() };
        if !self.absent.contains(&absence) {
            self.absent.push(absence);
        }
    }

    /// The metric's part of the report. Those of the rounds that were `cut_short` which did not come to it count as
    /// absent.
    pub(super) fn report(&self, name: &str, cut_short: &[AbsentRound]) -> MetricReport {
        let (unit, absent) = (Unit::of(name), self.absent_with(cut_short));
        if self.samples.is_empty() {
            let reason = self.absent.first().map_or("not measured", |absence| &absence.reason).to_owned();
            return MetricReport::absent(unit, reason, absent);
        }
        let (samples, is_by_part) = (&self.samples, Metric::is_by_part(name));
        let all: Vec<Observation> = samples.iter().map(observation).collect();
        let mut report = MetricReport {
            values: samples.iter().map(|sample| sample.value).collect(),
            rounds: samples.iter().map(|sample| sample.round).collect(),
            figures: if is_by_part { Figures::counts(&all) } else { Figures::of(all) },
            by_subject: if is_by_part { self.by_subject() } else { IndexMap::new() },
            server: self.server_clock().filter(|_| !is_by_part),
            absent,
            ..MetricReport::empty(unit)
        };
        if samples.iter().any(|sample| sample.subject.is_some()) {
            report.subjects = samples.iter().map(|sample| sample.subject.clone()).collect();
        }
        report
    }

    fn absent_with(&self, cut_short: &[AbsentRound]) -> Vec<AbsentRound> {
        let is_known = |round: u32| {
            self.samples.iter().any(|sample| sample.round == round)
                || self.absent.iter().any(|absence| absence.round == round)
        };
        let missed = cut_short.iter().filter(|missed| !is_known(missed.round));
        let mut absent: Vec<AbsentRound> = self.absent.iter().chain(missed).cloned().collect();
        absent.sort_by_key(|absence| absence.round);
        absent
    }

    fn by_subject(&self) -> IndexMap<String, Figures> {
        let mut subjects: IndexMap<String, Vec<Observation>> = IndexMap::new();
        for sample in &self.samples {
            let subject = sample.subject.clone().unwrap_or_default();
            subjects.entry(subject).or_default().push(observation(sample));
        }
        subjects.into_iter().map(|(subject, values)| (subject, Figures::of(values))).collect()
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

fn observation(sample: &Sample) -> Observation {
    Observation { value: sample.value, censored: sample.censored }
}
