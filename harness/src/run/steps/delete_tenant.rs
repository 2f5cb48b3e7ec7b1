//! From the wish to be rid of a tenant to nothing of it left in the API.

use futures::{FutureExt, future::BoxFuture};
use tenantbench_reports::Metric;

use super::{cost, proof, sync_latency};
use crate::{
    observe::clock::Moment,
    run::{
        RunError,
        round::{Round, Step},
    },
};

/// Reads what goes with the tenant, then deletes it.
pub fn run<'r>(round: &'r mut Round<'_>) -> BoxFuture<'r, Result<Step, RunError>> {
    async move {
        sync_latency::record(round).await?;
        cost::record_cpu(round);
        proof::rights(round).await?;
        let started = Moment::now();
        let deleted = round.model.delete(round.platform, round.tenant()?).await?;
        round.record.sample(Metric::TenantDeleted, started.elapsed().as_secs_f64());
        round.record.sample(Metric::NamespaceClearWait, deleted.namespace_cleared.as_secs_f64());
        Ok(Step::Done)
    }
    .boxed()
}
