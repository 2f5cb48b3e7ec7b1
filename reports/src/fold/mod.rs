//! Records in, [`Report`] out: a pure fold. Any prefix of a run's records that holds its head gives a valid report.

mod checks;
mod hosts;
mod metric;
mod model;
mod ratios;

#[cfg(test)]
mod tests;

use indexmap::{IndexMap, IndexSet};
use jiff::Timestamp;

use self::{hosts::HostFold, model::ModelFold};
use crate::{Event, Metric, Record, Report, RunStarted, Validity, report::SCHEMA};

/// A sequence of records that is not a run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FoldError {
    /// The records do not begin with a head.
    #[error(
        "the record does not begin with a run's head, so there is nothing to report; run the scenario again"
    )]
    Headless,
}

/// Makes the report of all records at once.
///
/// # Errors
/// [`FoldError::Headless`] where the first record is not a run's head.
pub fn fold<'a>(records: impl IntoIterator<Item = &'a Record>) -> Result<Report, FoldError> {
    let mut records = records.into_iter();
    let mut fold = records.next().and_then(Fold::new).ok_or(FoldError::Headless)?;
    for record in records {
        fold.apply(record);
    }
    Ok(fold.report())
}

/// The state between records; for a run that folds while it goes on.
#[derive(Clone, Debug)]
pub struct Fold {
    head: RunStarted,
    started: Timestamp,
    last: Timestamp,
    hosts: HostFold,
    models: IndexMap<String, ModelFold>,
    metrics: IndexSet<String>,
    validity: IndexSet<(String, bool, String)>,
    notes: IndexSet<String>,
    end: Option<(u8, Option<String>)>,
}

impl Fold {
    /// Begins with a run's head; none for any other record.
    #[must_use]
    pub fn new(record: &Record) -> Option<Self> {
        let Event::RunStarted(head) = &record.event else { return None };
        Some(Self {
            started: record.at,
            last: record.at,
            hosts: HostFold::default(),
            models: head.models.iter().map(|model| (model.clone(), ModelFold::default())).collect(),
            metrics: head.metrics.iter().cloned().collect(),
            validity: IndexSet::new(),
            notes: IndexSet::new(),
            end: None,
            head: head.clone(),
        })
    }

    /// Takes in the next record.
    pub fn apply(&mut self, record: &Record) {
        self.last = self.last.max(record.at);
        match &record.event {
            Event::RunStarted(head) => self.second_head(head),
            Event::HostReady(host) => self.hosts.apply(host),
            Event::RoundStarted { round, model } => self.model(model).begin(*round),
            Event::StepStarted { .. } => {}
            Event::Sample(sample) => {
                self.metrics.insert(sample.metric.clone());
                self.model(&sample.model).sample(sample);
            }
            Event::Absent { round, model, metric, reason } => {
                self.metrics.insert(metric.clone());
                self.model(model).absent(*round, metric, reason);
            }
            Event::Refused { round, model, refusal } => self.model(model).refuse(*round, refusal),
            Event::Failed { round, model, .. } => self.model(model).fail(*round),
            Event::Leftover { round, model, leftover } => self.model(model).leave(*round, leftover),
            Event::Checked { round, model, check } => self.model(model).check(*round, check),
            Event::Validity(Validity { check, ok, detail }) => {
                self.validity.insert((check.clone(), *ok, detail.clone()));
            }
            Event::Note { text } => {
                self.notes.insert(text.clone());
            }
            Event::RoundFinished { round, model, outcome, error } => {
                self.model(model).finish(*round, *outcome, error.as_deref());
            }
            Event::RunFinished { exit_code, stopped } => self.end = Some((*exit_code, stopped.clone())),
        }
    }

    /// The report of what was taken in so far.
    #[must_use]
    pub fn report(&self) -> Report {
        let mut metrics: Vec<&str> = self.metrics.iter().map(String::as_str).collect();
        metrics.sort_by_key(|name| Metric::rank(name));
        let models: IndexMap<_, _> = self
            .models
            .iter()
            .map(|(name, model)| (name.clone(), model.report(&metrics, self.end.is_some())))
            .collect();
        let (exit_code, stopped) = match &self.end {
            Some((code, stopped)) => (Some(*code), stopped.clone()),
            None => (None, Some("the run was cut off: its record has no end".to_owned())),
        };
        let complete = stopped.is_none() && self.all_rounds_ended();
        let mut report = Report {
            schema: SCHEMA.to_owned(),
            run: self.head.run.clone(),
            scenario: self.head.scenario.clone(),
            parameters: self.head.parameters.clone(),
            started: self.started,
            ended: self.last,
            complete,
            stopped: stopped.or_else(|| (!complete).then(|| "not every round came to its end".to_owned())),
            exit_code,
            rounds: self.head.rounds,
            seed: self.head.seed,
            command: self.head.command.clone(),
            machine: self.head.machine.clone(),
            host: self.hosts.report(),
            versions: self.head.versions.clone(),
            validity: self
                .validity
                .iter()
                .cloned()
                .map(|(check, ok, detail)| Validity { check, ok, detail })
                .collect(),
            ratios: ratios::ratios(&models),
            floors: hosts::floors(self.hosts.report().as_ref(), &models),
            models,
            notes: self.notes.iter().cloned().collect(),
        };
        report.validity.extend(checks::checks(&report));
        report
    }

    fn model(&mut self, name: &str) -> &mut ModelFold {
        self.models.entry(name.to_owned()).or_default()
    }

    fn all_rounds_ended(&self) -> bool {
        self.models.values().all(|model| model.ended() >= self.head.rounds as usize)
    }

    fn second_head(&mut self, head: &RunStarted) {
        let detail = format!("a second head, of run {}, was ignored", head.run);
        self.validity.insert(("record".to_owned(), false, detail));
    }
}
