//! From nothing to a tenant whose admin can work.

use futures::{FutureExt, future::BoxFuture};
use tenantbench_reports::Metric;

use crate::{
    names,
    observe::clock::Moment,
    run::{
        RunError,
        round::{Round, Step, watch_sides},
        why,
    },
    tenancy::TenancyError,
};

/// Creates the tenant and measures how long its admin waits.
pub fn run<'r>(round: &'r mut Round<'_>) -> BoxFuture<'r, Result<Step, RunError>> {
    async move {
        let name = names::tenant(round.model.name(), round.record.round);
        let started = Moment::now();
        let made = async {
            let tenant = round.model.create(round.platform, &name).await?;
            round.model.grant(round.platform, round.workload, &tenant).await?;
            Ok::<_, TenancyError>(tenant)
        };
        let tenant = match made.await {
            Ok(tenant) => tenant,
            Err(error) => {
                abandon(round, &name).await;
                return Err(error.into());
            }
        };
        round.record.sample(Metric::TenantReady, started.elapsed().as_secs_f64());
        round.sides = watch_sides(&tenant);
        round.tenant = Some(tenant);
        Ok(Step::Done)
    }
    .boxed()
}

/// A tenant that was half made must not be in the way of the next one. What goes wrong here follows from what went
/// wrong before, which is what the run reports.
async fn abandon(round: &Round<'_>, name: &str) {
    why::note_warnings(&round.record, round.platform.client(), name).await;
    if let Err(error) = round.platform.delete_namespace(name).await {
        tracing::warn!(%error, "a half-made tenant could not be removed");
    }
}
