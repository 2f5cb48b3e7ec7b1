//! Runs a plan: rounds over models, each with its steps, and records how each ended.

use std::{path::PathBuf, sync::Arc, time::Duration};

use indexmap::IndexMap;
use tenantbench_reports::{Event, Outcome};
use tenantbench_scenarios::{Action, Plan, PlannedStep};
use tokio_util::sync::CancellationToken;

use super::{
    RunError,
    beside::Beside,
    hosts::{HostFactory, Hosts},
    kept,
    recorder::{Recorder, RoundRecorder},
    round::{Before, Guest, Round, Step},
    stage, steps, why,
};
use crate::{
    apply::ApplyError,
    tenancy::{self, Model, Platform, PlatformInstall},
    workload::Workload,
};

/// A run as it was asked for.
pub struct Request {
    /// The run's id.
    pub run: String,
    /// Whose turn it is when, and what a turn does.
    pub plan: Plan,
    /// What tenants install.
    pub workload: Workload,
    /// How long any one step may take, instead of what the scenario gives it.
    pub timeout: Option<Duration>,
    /// Leave the last round's tenants and their hosts running.
    pub keep: bool,
    /// The run's results folder, where kubeconfigs of kept tenants go.
    pub folder: PathBuf,
}

impl Request {
    /// How long any one wait may take: as long as the longest step.
    fn limit(&self) -> Duration {
        let steps = self.plan.steps.values().flatten().map(|planned| planned.step.timeout);
        self.timeout.or_else(|| steps.max()).unwrap_or_default()
    }
}

/// How a run ended, for the exit code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rounds that failed.
    pub failed: u32,
}

/// Runs all turns, in order. A turn that fails is recorded and does not end the run; an interrupt, a lost journal or a
/// host that cannot be made does.
///
/// # Errors
/// [`RunError`] as said; hosts are taken down before it returns.
pub async fn run(
    request: &Request,
    factory: &dyn HostFactory,
    recorder: &Recorder,
    shutdown: &CancellationToken,
) -> Result<Summary, RunError> {
    let mut hosts = Hosts::new(factory, recorder, &request.run, request.limit());
    let ended = turns(request, &mut hosts, recorder, shutdown).await;
    let keep = request.keep && ended.is_ok();
    let finished = hosts.finish(keep).await;
    let summary = ended?;
    finished?;
    Ok(summary)
}

async fn turns(
    request: &Request,
    hosts: &mut Hosts<'_>,
    recorder: &Recorder,
    shutdown: &CancellationToken,
) -> Result<Summary, RunError> {
    let mut summary = Summary::default();
    for planned in &request.plan.turns {
        let turn = Turn {
            request,
            model: tenancy::model(planned.model),
            steps: request.plan.steps.get(&planned.model).map_or(&[], Vec::as_slice),
            round: planned.round,
            keep: request.keep && planned.round == request.plan.rounds,
            shutdown,
        };
        if !turn.run(hosts, recorder).await? {
            summary.failed += 1;
        }
        if let Some(lost) = recorder.lost() {
            return Err(lost.into());
        }
    }
    Ok(summary)
}

struct Turn<'a> {
    request: &'a Request,
    model: &'static dyn Model,
    steps: &'a [PlannedStep],
    round: u32,
    keep: bool,
    shutdown: &'a CancellationToken,
}

impl Turn<'_> {
    /// Runs one turn; false where it failed.
    async fn run(&self, hosts: &mut Hosts<'_>, recorder: &Recorder) -> Result<bool, RunError> {
        let platform = match self.model.wants_own_host() {
            true => hosts.own(self.round, self.model.name()).await?,
            false => hosts.shared().await?,
        };
        recorder.emit(Event::RoundStarted { round: self.round, model: self.model.name().into() });
        let ended = tokio::select! {
            ended = self.on(&platform, recorder) => ended,
            reason = platform.host.failure() => Err(RunError::HostDied(reason)),
            () = self.shutdown.cancelled() => Err(RunError::Interrupted),
        };
        let (outcome, error) = match &ended {
            Ok(outcome) => (*outcome, None),
            Err(error) => (Outcome::Failed, Some(error.to_string())),
        };
        recorder.emit(Event::RoundFinished {
            round: self.round,
            model: self.model.name().into(),
            outcome,
            error,
        });
        if ended.as_ref().is_err_and(|error| !matches!(error, RunError::Interrupted)) {
            self.save_logs(&platform, recorder).await;
        }
        if self.model.wants_own_host() && !self.keep {
            hosts.down(&platform).await?;
        }
        match ended {
            // Nothing that follows could be measured on a host that is gone.
            Err(RunError::HostDied(reason)) if !self.model.wants_own_host() => {
                Err(RunError::HostDied(reason))
            }
            Err(RunError::Interrupted) => Err(RunError::Interrupted),
            ended => Ok(ended.is_ok()),
        }
    }

    /// Why a round failed is often in the host's logs, which go with it.
    async fn save_logs(&self, platform: &Platform, recorder: &Recorder) {
        let folder = self.request.folder.join("logs").join(format!("{}-{}", self.model.name(), self.round));
        let saved = match std::path::absolute(&folder) {
            Ok(folder) => platform.host.save_logs(&folder).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        recorder.note(match saved {
            Ok(()) => format!("the host's logs are in {}", folder.display()),
            Err(error) => format!("the host's logs were not saved: {error}"),
        });
    }

    async fn on(&self, platform: &Arc<Platform>, recorder: &Recorder) -> Result<Outcome, RunError> {
        let mut before = Before::take(platform).await?;
        let workload = self.workload(platform, recorder);
        let shared = self.prepare(platform, &workload, recorder).await?;
        if shared.is_some() {
            before.note_shared(platform).await?;
        }
        let mut round = Round {
            platform,
            model: self.model,
            workload: &workload,
            shared: shared.as_ref(),
            record: self.recorder(recorder),
            beside: Beside::new(platform, self.model),
            before,
            guests: IndexMap::new(),
        };
        self.steps(&mut round, recorder).await
    }

    /// The workload as this host's nodes can run it.
    fn workload(&self, platform: &Platform, recorder: &Recorder) -> Workload {
        let uses_it = |planned: &PlannedStep| matches!(planned.step.action, Action::Start { .. });
        if platform.host.facts().nodes != "real" {
            return self.request.workload.clone();
        }
        if self.steps.iter().any(uses_it) {
            recorder
                .note("the workload's pods run a program of ours that only is there, not the workload's own");
        }
        self.request.workload.for_real_nodes()
    }

    async fn prepare(
        &self,
        platform: &Platform,
        workload: &Workload,
        recorder: &Recorder,
    ) -> Result<Option<PlatformInstall>, RunError> {
        let shared = self.model.prepare(platform, workload).await?;
        if let Some(install) = &shared {
            let writes = platform.audit.requests();
            steps::install::record(&self.recorder(recorder), &install.times, &writes);
            recorder.note(format!(
                "{}: CRDs and operator were installed by the platform team, before the tenant came",
                self.model.name()
            ));
        }
        Ok(shared)
    }

    /// Does the steps in order. After a refusal or a failure only the clean-up is done, so that the next turn finds the
    /// host as this one found it.
    async fn steps(&self, round: &mut Round<'_>, recorder: &Recorder) -> Result<Outcome, RunError> {
        let mut outcome = Ok(Outcome::Ok);
        for planned in self.steps {
            let action = &planned.step.action;
            let wanted = matches!(outcome, Ok(Outcome::Ok)) || has_to_be_cleaned_up(&planned.step, round);
            if !wanted || (self.keep && stage::ends_something(action)) {
                continue;
            }
            round.record.begins(planned.what.as_str());
            match stage::run(planned, self.request.timeout, round).await {
                Ok(Step::Done) => {}
                // Where the scenario expects none, a refusal is a failure and not an outcome.
                Ok(Step::Refused(refusal)) if !planned.may_refuse => {
                    fail(&mut outcome, ApplyError::Refused(refusal).into(), &round.record);
                }
                Ok(Step::Refused(refusal)) => {
                    recorder.emit(Event::Refused {
                        round: self.round,
                        model: self.model.name().into(),
                        refusal,
                    });
                    outcome = outcome.map(|_| Outcome::Refused);
                }
                Err(error) => {
                    if let (Ok(_), Some(Guest { tenant, .. })) = (&outcome, round.whose()) {
                        why::note_warnings(&round.record, tenant.client(), &tenant.workspace).await;
                        why::note_warnings(&round.record, round.platform.client(), &tenant.name).await;
                    }
                    fail(&mut outcome, error, &round.record);
                }
            }
        }
        if self.keep {
            kept::hand_over(round, &self.request.folder)?;
        }
        outcome
    }

    fn recorder<'r>(&self, recorder: &'r Recorder) -> RoundRecorder<'r> {
        RoundRecorder { run: recorder, round: self.round, model: self.model.name(), tenant: String::new() }
    }
}

/// The first failure is the cause and is told at once, so that what the clean-up records is known as such; what the
/// clean-up trips over follows from it.
fn fail(outcome: &mut Result<Outcome, RunError>, error: RunError, record: &RoundRecorder<'_>) {
    if outcome.is_ok() {
        let (round, model) = (record.round, record.model.to_owned());
        record.run.emit(Event::Failed { round, model, error: error.to_string() });
        *outcome = Err(error);
    }
}

/// Whether a step ends something that the round has begun, so that it is done in any case.
fn has_to_be_cleaned_up(step: &tenantbench_scenarios::Step, round: &Round<'_>) -> bool {
    match &step.action {
        Action::DeleteTenant => round.guests.contains_key(step.tenant.as_deref().unwrap_or_default()),
        action => action.is_cleanup() && !round.guests.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use tenantbench_reports::{Record, journal::JournalWriter};

    use super::*;

    #[test]
    fn the_first_failure_is_told_when_it_happens_and_none_that_follows_from_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let recorder = Recorder::new(JournalWriter::create(&path).unwrap(), Box::new(|_| ()));
        let record = RoundRecorder { run: &recorder, round: 2, model: "vcluster", tenant: String::new() };
        let mut outcome = Ok(Outcome::Refused);
        for error in ["the cause", "what follows"] {
            fail(&mut outcome, RunError::Setup(error.to_owned()), &record);
        }
        assert_eq!(outcome.unwrap_err().to_string(), "the cause");
        let text = std::fs::read_to_string(&path).unwrap();
        let told: Vec<Record> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let (model, error) = ("vcluster".to_owned(), "the cause".to_owned());
        let events: Vec<Event> = told.into_iter().map(|record| record.event).collect();
        assert_eq!(events, [Event::Failed { round: 2, model, error }]);
    }
}
