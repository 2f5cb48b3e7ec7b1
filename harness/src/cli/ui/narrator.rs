//! Records as lines: a pure fold, so that what is shown can be tested without a terminal.

use jiff::Timestamp;
use tenantbench_reports::{Event, Leftover, Outcome, Record, Unit, Verdict};

/// Whether a line matters after the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// Kept on the screen in any view.
    Lasting,
    /// Shown by the view of lines; bars show it while it is true.
    Passing,
}

/// A line of the live view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) weight: Weight,
    pub(super) text: String,
}

/// Where the run stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Narrator {
    turns: u64,
    ended: u64,
    turn: Option<(String, Timestamp)>,
    step: Option<String>,
}

impl Narrator {
    /// Takes in a record and returns the lines that it is worth.
    pub(super) fn apply(&mut self, record: &Record) -> Vec<Line> {
        let line = match &record.event {
            Event::RunStarted(head) => {
                self.turns = u64::from(head.rounds) * head.models.len() as u64;
                let rounds = if head.rounds == 1 { "round" } else { "rounds" };
                lasting(format!("run {}: {} {rounds} of {}", head.run, head.rounds, head.models.join(", ")))
            }
            Event::HostReady(host) => passing(format!(
                "host ready in {:.1} s ({}, {} {} nodes)",
                host.ready_seconds, host.kind, host.node_count, host.nodes
            )),
            Event::RoundStarted { round, model } => {
                self.turn = Some((format!("{model}, round {round}"), record.at));
                self.step = None;
                passing(format!("[{}/{}] {model}, round {round}", self.ended + 1, self.turns))
            }
            Event::StepStarted { step, .. } => {
                self.step = Some(step.clone());
                passing(format!("  {step}"))
            }
            Event::Sample(sample)
                if sample.subject.is_none() && Unit::of(&sample.metric) == Unit::Seconds =>
            {
                let sign = if sample.censored { ">= " } else { "" };
                passing(format!("    {}: {sign}{:.3}", sample.metric, sample.value))
            }
            Event::Refused { model, refusal, .. } => {
                lasting(format!("  {model} refuses to {} {}", refusal.verb, refusal.object))
            }
            // The end of the round says it in a line that lasts.
            Event::Failed { error, .. } => passing(format!("  FAILED: {error}; what follows cleans up")),
            Event::Leftover { model, leftover: Leftover { kind, name, by_design: None }, .. } => {
                lasting(format!("  LEAK in {model}: {kind} {name}"))
            }
            Event::Checked { model, check, .. } => {
                let line = format!("    {}: {} ({})", check.name, check.verdict.words(), check.detail);
                match check.verdict {
                    Verdict::Broken => lasting(format!("  in {model}:{line}")),
                    _ => passing(line),
                }
            }
            Event::Validity(validity) if !validity.ok => {
                lasting(format!("  DOUBT {}: {}", validity.check, validity.detail))
            }
            Event::Note { text } => passing(text.clone()),
            Event::RoundFinished { round, model, outcome, error } => {
                lasting(self.end_turn(record.at, *round, model, *outcome, error.as_deref()))
            }
            Event::RunFinished { stopped: Some(reason), .. } => lasting(format!("stopped: {reason}")),
            Event::RunFinished { stopped: None, .. }
            | Event::Sample(_)
            | Event::Absent { .. }
            | Event::Leftover { .. }
            | Event::Validity(_) => return Vec::new(),
        };
        vec![line]
    }

    /// How many turns there are, and how many ended.
    pub(super) fn progress(&self) -> (u64, u64) {
        (self.ended, self.turns)
    }

    /// What is being done, in one line.
    pub(super) fn now(&self) -> String {
        let turn = self.turn.as_ref().map(|(turn, _)| turn.as_str());
        match (turn, &self.step) {
            (Some(turn), Some(step)) => format!("{turn}: {step}"),
            (Some(turn), None) => turn.to_owned(),
            (None, _) => "setting up".to_owned(),
        }
    }

    fn end_turn(
        &mut self,
        at: Timestamp,
        round: u32,
        model: &str,
        outcome: Outcome,
        error: Option<&str>,
    ) -> String {
        self.ended += 1;
        self.step = None;
        let lasted = self.turn.take().map(|(_, began)| at.duration_since(began).as_secs_f64());
        let lasted = lasted.map(|seconds| format!(" in {seconds:.1} s")).unwrap_or_default();
        let outcome = match (outcome, error) {
            (Outcome::Ok, _) => "ok".to_owned(),
            (Outcome::Refused, _) => "refused, as measured".to_owned(),
            (Outcome::Failed, Some(error)) => format!("FAILED: {error}"),
            (Outcome::Failed, None) => "FAILED".to_owned(),
        };
        format!("[{}/{}] {model}, round {round}: {outcome}{lasted}", self.ended, self.turns)
    }
}

fn lasting(text: String) -> Line {
    Line { weight: Weight::Lasting, text }
}

fn passing(text: String) -> Line {
    Line { weight: Weight::Passing, text }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use tenantbench_reports::{HostReady, Machine, Refusal, RunStarted, Sample, Validity};

    use super::*;

    fn head() -> Event {
        Event::RunStarted(RunStarted {
            run: "one".to_owned(),
            scenario: "ray-install".to_owned(),
            parameters: [].into(),
            models: vec!["namespace".to_owned(), "vcluster".to_owned()],
            metrics: vec![],
            rounds: 1,
            seed: 1,
            command: vec![],
            machine: Machine::default(),
            versions: [].into(),
        })
    }

    fn host() -> Event {
        Event::HostReady(HostReady {
            kind: "local".to_owned(),
            only_for: None,
            api_ready_seconds: 2.6,
            ready_seconds: 3.34,
            nodes: "simulated".to_owned(),
            node_count: 3,
            node_ready_delay_seconds: None,
            pod_isolation: "namespaces".to_owned(),
            versions: Default::default(),
            cannot_show: vec![],
        })
    }

    fn turn(model: &str, middle: Vec<Event>, outcome: Outcome, error: Option<&str>) -> Vec<Event> {
        let (round, model) = (1, model.to_owned());
        let step = Event::StepStarted { round, model: model.clone(), step: "create the tenant".to_owned() };
        let mut events = vec![Event::RoundStarted { round, model: model.clone() }, step];
        events.extend(middle);
        events.push(Event::RoundFinished { round, model, outcome, error: error.map(str::to_owned) });
        events
    }

    fn told(events: Vec<Event>) -> String {
        let mut narrator = Narrator::default();
        let records = events.into_iter().zip(0..).map(|(event, second)| Record {
            at: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second),
            event,
        });
        let lines: Vec<String> = records
            .flat_map(|record| narrator.apply(&record))
            .map(|line| format!("{} {}", if line.weight == Weight::Lasting { '!' } else { ' ' }, line.text))
            .collect();
        lines.join("\n")
    }

    #[test]
    fn a_run_is_told_in_lines() {
        let model = "namespace".to_owned();
        let sample = Event::Sample(Sample {
            round: 1,
            model: model.clone(),
            metric: "tenant_ready_seconds".to_owned(),
            value: 0.06,
            server_value: None,
            censored: false,
            subject: None,
        });
        let refusal =
            Refusal { object: "crds/x".to_owned(), verb: "create".to_owned(), message: String::new() };
        let leftover = Leftover { kind: "port".to_owned(), name: "tcp/1".to_owned(), by_design: None };
        let doubt =
            Validity { check: "load".to_owned(), ok: false, detail: "the machine was busy".to_owned() };
        let mut events = vec![head(), host()];
        events.extend(turn(
            "namespace",
            vec![
                sample,
                Event::Refused { round: 1, model: model.clone(), refusal },
                Event::Leftover { round: 1, model, leftover },
                Event::Validity(doubt),
            ],
            Outcome::Refused,
            None,
        ));
        let (model, error) = ("vcluster".to_owned(), "the operator's process ended");
        let failed = Event::Failed { round: 1, model, error: error.to_owned() };
        events.extend(turn("vcluster", vec![failed], Outcome::Failed, Some(error)));
        events.push(Event::RunFinished { exit_code: 100, stopped: Some("interrupted".to_owned()) });
        insta::assert_snapshot!(told(events));
    }

    #[test]
    fn what_is_being_done_fits_one_line() {
        let mut narrator = Narrator::default();
        assert_eq!(narrator.now(), "setting up");
        for event in turn("vcluster", vec![], Outcome::Ok, None).into_iter().take(2) {
            narrator.apply(&Record { at: Timestamp::UNIX_EPOCH, event });
        }
        assert_eq!(narrator.now(), "vcluster, round 1: create the tenant");
    }
}
