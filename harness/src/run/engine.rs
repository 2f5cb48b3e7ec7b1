//! Runs a plan: rounds over models, each with its steps, and records how each ended.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tenantbench_reports::{Event, Metric, Outcome};
use tokio_util::sync::CancellationToken;

use super::{
    RunError,
    hosts::{HostFactory, Hosts},
    kept,
    recorder::{Recorder, RoundRecorder},
    round::{Before, Round, Step},
    stage::Stage,
};
use crate::{
    tenancy::{self, Model, Platform, PlatformInstall},
    workload::Workload,
};

/// A run as it was asked for.
pub struct Request {
    /// The run's id.
    pub run: String,
    /// Rounds in order, each one model's turn: round number and model.
    pub turns: Vec<(u32, &'static dyn Model)>,
    /// What each turn does.
    pub stages: Vec<Stage>,
    /// What tenants install.
    pub workload: Workload,
    /// How long any one wait may take.
    pub limit: Duration,
    /// Leave the last round's tenants and their hosts running.
    pub keep: bool,
    /// The run's results folder, where kubeconfigs of kept tenants go.
    pub folder: PathBuf,
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
    let mut hosts = Hosts::new(factory, recorder, &request.run, request.limit);
    let ended = tokio::select! {
        ended = turns(request, &mut hosts, recorder) => ended,
        () = shutdown.cancelled() => Err(RunError::Interrupted),
    };
    let keep = request.keep && ended.is_ok();
    let finished = hosts.finish(keep).await;
    let summary = ended?;
    finished?;
    Ok(summary)
}

async fn turns(request: &Request, hosts: &mut Hosts<'_>, recorder: &Recorder) -> Result<Summary, RunError> {
    let mut summary = Summary::default();
    let last = request.turns.iter().map(|(round, _)| *round).max().unwrap_or_default();
    for (round, model) in &request.turns {
        let turn = Turn { request, model: *model, round: *round, keep: request.keep && *round == last };
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
    round: u32,
    keep: bool,
}

impl Turn<'_> {
    /// Runs one turn; false where it failed.
    async fn run(&self, hosts: &mut Hosts<'_>, recorder: &Recorder) -> Result<bool, RunError> {
        let platform = match self.model.wants_own_host() {
            true => hosts.own(self.round, self.model.name()).await?,
            false => hosts.shared().await?,
        };
        recorder.emit(Event::RoundStarted { round: self.round, model: self.model.name().into() });
        let ended = self.on(&platform, recorder).await;
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
        if self.model.wants_own_host() && !self.keep {
            hosts.down(&platform).await?;
        }
        Ok(ended.is_ok())
    }

    async fn on(&self, platform: &Arc<Platform>, recorder: &Recorder) -> Result<Outcome, RunError> {
        let before = Before::take(platform).await?;
        let shared = self.prepare(platform, recorder).await?;
        let mut round = Round {
            platform,
            model: self.model,
            workload: &self.request.workload,
            shared: shared.as_ref(),
            record: self.recorder(recorder),
            before,
            tenant: None,
            package: None,
            sides: None,
        };
        self.steps(&mut round, recorder).await
    }

    async fn prepare(
        &self,
        platform: &Platform,
        recorder: &Recorder,
    ) -> Result<Option<PlatformInstall>, RunError> {
        let shared = self.model.prepare(platform, &self.request.workload).await?;
        if let Some(install) = &shared {
            let record = self.recorder(recorder);
            record.sample(Metric::CrdsEstablished, install.crds_established_seconds);
            record.sample(Metric::OperatorReady, install.operator_ready_seconds);
            recorder.note(format!(
                "{}: CRDs and operator were installed by the platform team, before the tenant came",
                self.model.name()
            ));
        }
        Ok(shared)
    }

    async fn steps(&self, round: &mut Round<'_>, recorder: &Recorder) -> Result<Outcome, RunError> {
        let mut outcome = Outcome::Ok;
        for stage in &self.request.stages {
            if self.keep && stage.ends_something() {
                continue;
            }
            if outcome == Outcome::Refused && stage.builds_on_install() {
                continue;
            }
            recorder.emit(Event::StepStarted {
                round: self.round,
                model: self.model.name().into(),
                step: stage.title().into(),
            });
            if let Step::Refused(refusal) = stage.run(round).await? {
                recorder.emit(Event::Refused { round: self.round, model: self.model.name().into(), refusal });
                outcome = Outcome::Refused;
            }
        }
        if self.keep {
            kept::hand_over(round, &self.request.folder)?;
        }
        Ok(outcome)
    }

    fn recorder<'r>(&self, recorder: &'r Recorder) -> RoundRecorder<'r> {
        RoundRecorder { run: recorder, round: self.round, model: self.model.name() }
    }
}

/// The models of a plan, by name.
///
/// # Errors
/// The first name that is no model's.
pub fn models(names: &[String]) -> Result<Vec<&'static dyn Model>, String> {
    names.iter().map(|name| tenancy::model(name).ok_or_else(|| name.clone())).collect()
}
