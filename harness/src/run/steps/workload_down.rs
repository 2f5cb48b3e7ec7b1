//! From the deletion of the custom resource to the last of its pods gone, as the tenant sees them.

use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, runtime::watcher};
use tenantbench_reports::Metric;

use crate::{
    observe::{clock::Moment, until::Wait},
    run::{
        RunError,
        round::{Round, Step},
    },
};

/// Deletes the workload's instance and waits until its pods are gone.
pub fn run<'r>(round: &'r mut Round<'_>) -> BoxFuture<'r, Result<Step, RunError>> {
    async move {
        let tenant = round.tenant()?;
        let instance = &round.package()?.instance;
        let started = Moment::now();
        tenant.api.delete(&instance.object, &tenant.workspace).await?;
        let pods: Api<Pod> = Api::namespaced(tenant.client(), &tenant.workspace);
        let selector = watcher::Config::default().labels(&instance.pod_selector);
        Wait::new("the end of the workload's pods", round.platform.limit()).gone(pods, selector).await?;
        round.record.sample(Metric::WorkloadDeleted, started.elapsed().as_secs_f64());
        Ok(Step::Done)
    }
    .boxed()
}
