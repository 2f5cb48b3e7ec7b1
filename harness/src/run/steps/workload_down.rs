//! From the deletion of the custom resource to the last of its pods gone, as the tenant sees them.

use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, runtime::watcher};
use tenantbench_reports::Metric;

use crate::{
    observe::{audit_log::Request, clock::Moment, until::Wait},
    probe::server_clock::{Window, is, span},
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
        let (seconds, window) = (started.elapsed().as_secs_f64(), Window::since(&started));
        let begins = |write: &Request| is(write, &["delete"], &instance.resource.plural);
        let ends =
            |write: &Request| is(write, &["delete"], "pods") && write.object.namespace == tenant.workspace;
        let server = span(&round.api_requests().await, window, begins, ends);
        round.record.full(Metric::WorkloadDeleted, seconds, server, None, false);
        Ok(Step::Done)
    }
    .boxed()
}
