//! From nothing to a tenant whose admin can work.

use futures::{FutureExt, future::BoxFuture};
use tenantbench_reports::Metric;

use crate::{
    names,
    observe::clock::Moment,
    run::{
        RunError,
        round::{Round, Step, watch_sides},
    },
};

/// Creates the tenant and measures how long its admin waits.
pub fn run<'r>(round: &'r mut Round<'_>) -> BoxFuture<'r, Result<Step, RunError>> {
    async move {
        let name = names::tenant(round.model.name(), round.record.round);
        let started = Moment::now();
        let tenant = round.model.create(round.platform, &name).await?;
        round.model.grant(round.platform, round.workload, &tenant).await?;
        round.record.sample(Metric::TenantReady, started.elapsed().as_secs_f64());
        round.sides = watch_sides(&tenant);
        round.tenant = Some(tenant);
        Ok(Step::Done)
    }
    .boxed()
}
