//! Where events go: into the journal first, then to whoever looks on.

use jiff::Timestamp;
use parking_lot::Mutex;
use tenantbench_reports::{
    Check, Event, Metric, Record, Report, Sample, Validity, Verdict,
    fold::Fold,
    journal::{JournalError, JournalWriter},
};

/// Takes every event of a run. Shared by all that measure.
pub struct Recorder {
    state: Mutex<State>,
}

struct State {
    journal: JournalWriter,
    fold: Option<Fold>,
    view: Box<dyn FnMut(&Record) + Send>,
    lost: Option<JournalError>,
}

impl Recorder {
    /// Writes to `journal` and shows each record to `view`.
    pub fn new(journal: JournalWriter, view: Box<dyn FnMut(&Record) + Send>) -> Self {
        Self { state: Mutex::new(State { journal, fold: None, view, lost: None }) }
    }

    /// Records one event, now. A journal that cannot be written is remembered and ends the run at its next check.
    pub fn emit(&self, event: Event) {
        let record = Record { at: Timestamp::now(), event };
        let mut state = self.state.lock();
        if state.lost.is_none()
            && let Err(error) = state.journal.append(&record)
        {
            state.lost = Some(error);
        }
        match &mut state.fold {
            Some(fold) => fold.apply(&record),
            None => state.fold = Fold::new(&record),
        }
        (state.view)(&record);
    }

    /// The error that ended the journal, if one did.
    pub fn lost(&self) -> Option<JournalError> {
        self.state.lock().lost.take()
    }

    /// The report of all that was recorded so far; none before the run began.
    pub fn report(&self) -> Option<Report> {
        self.state.lock().fold.as_ref().map(Fold::report)
    }

    /// Records a line for the reader.
    pub fn note(&self, text: impl Into<String>) {
        self.emit(Event::Note { text: text.into() });
    }
}

/// Records what one round of one model gives.
pub struct RoundRecorder<'a> {
    /// The run's recorder.
    pub run: &'a Recorder,
    /// 1-based number of the round.
    pub round: u32,
    /// The model's name.
    pub model: &'static str,
    /// The tenant that it is about, by the scenario's name for it; empty where a round has one that needs no name.
    pub tenant: String,
}

impl RoundRecorder<'_> {
    /// A step begins, or a part of a long one.
    pub fn begins(&self, step: impl Into<String>) {
        self.run.emit(Event::StepStarted {
            round: self.round,
            model: self.model.to_owned(),
            step: step.into(),
        });
    }

    /// A measured value by the client's clock.
    pub fn sample(&self, metric: Metric, value: f64) {
        self.full(metric, value, None, None, false);
    }

    /// A measured value with all that is known of it.
    pub fn full(
        &self,
        metric: Metric,
        value: f64,
        server_value: Option<f64>,
        subject: Option<String>,
        censored: bool,
    ) {
        // A journal has no text for it, and could not be read again.
        if !value.is_finite() {
            return self.absent(
                metric,
                "it is no number, for what it is reckoned from was too small to be measured",
            );
        }
        self.run.emit(Event::Sample(Sample {
            round: self.round,
            model: self.model.to_owned(),
            metric: metric.name().to_owned(),
            value,
            server_value,
            censored,
            subject: self.subject(subject),
        }));
    }

    /// What a value is of: a part of the tenant, or the tenant itself where it has a name.
    fn subject(&self, part: Option<String>) -> Option<String> {
        match (self.tenant.as_str(), part) {
            ("", part) => part,
            (tenant, None) => Some(tenant.to_owned()),
            (tenant, Some(part)) => Some(format!("{tenant}: {part}")),
        }
    }

    /// What came of putting a promise to the proof.
    pub fn check(&self, name: &str, verdict: Verdict, detail: impl Into<String>) {
        let name = match self.tenant.as_str() {
            "" => name.to_owned(),
            tenant => format!("{name}/{tenant}"),
        };
        let check = Check { name, verdict, detail: detail.into() };
        self.run.emit(Event::Checked { round: self.round, model: self.model.to_owned(), check });
    }

    /// There is no value, and why.
    pub fn absent(&self, metric: Metric, reason: &str) {
        self.run.emit(Event::Absent {
            round: self.round,
            model: self.model.to_owned(),
            metric: metric.name().to_owned(),
            reason: reason.to_owned(),
        });
    }

    /// A check that bears on whether the figures can be trusted.
    pub fn validity(&self, check: &str, ok: bool, detail: impl Into<String>) {
        let tenant = if self.tenant.is_empty() { String::new() } else { format!(" {}", self.tenant) };
        let detail = format!("{} round {}{tenant}: {}", self.model, self.round, detail.into());
        self.run.emit(Event::Validity(Validity { check: check.to_owned(), ok, detail }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_no_number_is_absent_and_the_journal_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let run = Recorder::new(JournalWriter::create(&path).unwrap(), Box::new(|_| ()));
        let to = RoundRecorder { run: &run, round: 1, model: "vcluster", tenant: String::new() };
        for value in [f64::NAN, f64::INFINITY] {
            to.sample(Metric::WholeCpuRatio, value);
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let records: Vec<Record> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(records.len(), 2);
        assert!(records.iter().all(|record| matches!(record.event, Event::Absent { .. })), "{text}");
    }
}
