//! The tenant takes away what it installed.

use futures::{FutureExt, future::BoxFuture};
use tenantbench_reports::Metric;

use crate::{
    observe::clock::Moment,
    run::{
        RunError,
        round::{Round, Step},
    },
    workload::install,
};

/// Uninstalls the tenant's own installation; one that the platform made for all stays.
pub fn run<'r>(round: &'r mut Round<'_>) -> BoxFuture<'r, Result<Step, RunError>> {
    async move {
        let tenant = round.tenant()?;
        let package = round.package()?;
        if package.crds.is_empty() && package.objects.is_empty() {
            round.record.absent(Metric::Uninstall, "the platform's installation serves other tenants too");
            return Ok(Step::Done);
        }
        let started = Moment::now();
        install::uninstall(&tenant.api, package, round.platform.patience()).await?;
        round.record.sample(Metric::Uninstall, started.elapsed().as_secs_f64());
        Ok(Step::Done)
    }
    .boxed()
}
