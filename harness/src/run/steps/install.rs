//! The tenant installs the workload, with its own rights.

use futures::{FutureExt, future::BoxFuture};
use tenantbench_reports::Metric;

use crate::{
    apply::ApplyError,
    observe::audit_log::Request,
    run::{
        RunError,
        recorder::RoundRecorder,
        round::{Round, Step},
    },
    workload::{
        InstallError,
        install::{self, Installed},
    },
};

/// Installs what the model leaves to the tenant. A refusal is a result, and ends what builds on it.
pub fn run<'r>(round: &'r mut Round<'_>) -> BoxFuture<'r, Result<Step, RunError>> {
    async move {
        let tenant = round.tenant()?;
        let package = round.model.tenant_package(round.workload, tenant)?;
        if package.crds.is_empty() && package.objects.is_empty() {
            // The platform's installation was measured when it was made.
            round.record.absent(Metric::Install, "the platform installed it before the tenant came");
        } else {
            match install::install(&tenant.api, &package, round.platform.patience()).await {
                Ok(times) => record(&round.record, &times, &round.api_requests().await),
                Err(InstallError::Apply(ApplyError::Refused(refusal))) => return Ok(Step::Refused(refusal)),
                Err(error) => return Err(error.into()),
            }
        }
        round.guest_mut()?.package = Some(package);
        Ok(Step::Done)
    }
    .boxed()
}

/// Records an installation by both clocks.
pub fn record(record: &RoundRecorder<'_>, times: &Installed, writes: &[Request]) {
    let (crds, operator) = (times.crds_by_server(writes), times.operator_by_server(writes));
    record.full(Metric::CrdsEstablished, times.crds_established.seconds, crds, None, false);
    record.full(Metric::OperatorReady, times.operator_ready.seconds, operator, None, false);
    record.sample(Metric::Install, times.total.seconds);
}
