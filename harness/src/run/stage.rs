//! Doing one planned step.

use std::time::Duration;

use tenantbench_scenarios::{Action, PlannedStep};

use super::{
    RunError,
    round::{Round, Step},
    steps,
};
use crate::{observe::clock::Moment, tenancy::Limits};

/// Does what a step says, within `timeout` or the step's own.
///
/// # Errors
/// As the step says; [`RunError::StepTooLong`] when its time is up.
pub async fn run(
    planned: &PlannedStep,
    timeout: Option<Duration>,
    round: &mut Round<'_>,
) -> Result<Step, RunError> {
    let limit = timeout.unwrap_or(planned.step.timeout) + own_time(&planned.step.action);
    let began = Moment::now();
    round.platform.allow(limit);
    round.turn_to(planned.step.tenant.as_deref());
    let asked = round.guest_mut().ok().and_then(|guest| guest.asked.take());
    let ended = match tokio::time::timeout(limit + GRACE, act(&planned.step.action, round, asked)).await {
        Ok(Err(error)) if began.elapsed() >= limit => Err(error.at_the_end_of(limit)),
        Ok(ended) => ended,
        Err(_) => Err(RunError::StepTooLong { step: planned.what.clone(), limit }),
    };
    if ended.is_err() {
        round.beside.note_warnings(&round.record).await;
    }
    // What takes long to go must not leave the next thing no time.
    round.platform.lift(limit.max(CLEAN_UP));
    let cleared = round.beside.clear().await;
    if let (Err(_), Err(left)) = (&ended, &cleared) {
        // The step's own end is what is told, and what the clean-up trips over may follow from it.
        tracing::warn!(error = %left, "what a step has made could not be removed");
    }
    let done = ended?;
    cleared?;
    Ok(done)
}

/// What a step takes in any case, beside what it waits for.
fn own_time(action: &Action) -> Duration {
    match action {
        Action::Fill(fill) => fill.within,
        _ => Duration::ZERO,
    }
}

/// How long what a step has made may take to go, also where the step itself had less time.
const CLEAN_UP: Duration = Duration::from_secs(120);

/// A wait inside a step ends first, whenever it began, and knows more to say about it.
const GRACE: Duration = Duration::from_secs(1);

/// Does the step. The tenant was `asked` for just before, or another step came between.
async fn act(action: &Action, round: &mut Round<'_>, asked: Option<Moment>) -> Result<Step, RunError> {
    match action {
        Action::CreateTenant { quota } => {
            let limits = quota.as_ref().map(Limits::from).unwrap_or_default();
            steps::create_tenant::run(round, limits).await
        }
        Action::Fill(fill) => steps::fill::run(round, fill).await,
        Action::Install { .. } => steps::install::run(round).await,
        Action::Start { .. } => {
            steps::workload_up::run(round).await?;
            steps::restarts::check(round).await?;
            steps::cost::run(round).await
        }
        Action::List { .. } => steps::list::run(round).await,
        Action::Stop { .. } => steps::workload_down::run(round).await,
        Action::Uninstall { .. } => steps::uninstall::run(round).await,
        Action::CreateNamespace { name, .. } => steps::create_namespace::run(round, name).await,
        Action::Deploy { name, replicas } => {
            let done = steps::deploy::run(round, name, *replicas).await?;
            steps::restarts::check(round).await?;
            steps::cost::record_memory(round).await?;
            Ok(done)
        }
        Action::Check { parts, against } => steps::check::run(round, parts, against.as_deref()).await,
        &Action::Burst { pods, parallel, tenants } => {
            let ended = steps::burst::run(round, steps::burst::Size { tenants, pods, parallel }).await;
            // Also of a burst that failed: it may have failed for that.
            let checked = steps::restarts::check_planes(round).await;
            let done = ended?;
            checked?;
            Ok(done)
        }
        Action::Pace { pods, changes } => steps::pace::run(round, *pods, *changes, asked).await,
        Action::KillSyncer { pods, parallel } => steps::kill_syncer::run(round, *pods, *parallel).await,
        Action::DeleteTenant => steps::delete_tenant::run(round).await,
        Action::Audit => steps::audit::run(round).await,
    }
}

/// True where a kept tenant must be spared the step.
pub fn ends_something(action: &Action) -> bool {
    action.is_cleanup() || matches!(action, Action::Stop { .. } | Action::Uninstall { .. })
}
