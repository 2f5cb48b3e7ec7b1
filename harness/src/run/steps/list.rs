//! The tenant lists its custom resources, as a user would with kubectl.

use futures::{FutureExt, future::BoxFuture};
use kube::{Api, api::DynamicObject, api::ListParams};
use tenantbench_reports::Metric;

use crate::{
    observe::{audit_log::Request, clock::Moment},
    probe::server_clock::{Window, is, span},
    run::{
        RunError,
        round::{Round, Step},
    },
};

/// Lists the instances of the workload; finding none is a failure.
pub fn run<'r>(round: &'r mut Round<'_>) -> BoxFuture<'r, Result<Step, RunError>> {
    async move {
        let tenant = round.tenant()?;
        let resource = &round.package()?.instance.resource;
        let api: Api<DynamicObject> = Api::namespaced_with(tenant.client(), &tenant.workspace, resource);
        let started = Moment::now();
        let found = api.list(&ListParams::default()).await.map_err(RunError::probe("list the workload"))?;
        let (seconds, window) = (started.elapsed().as_secs_f64(), Window::since(&started));
        let lists = |request: &Request| {
            is(request, &["list"], &resource.plural) && request.object.namespace == tenant.workspace
        };
        let server = span(&round.api_requests().await, window, lists, lists);
        round.record.full(Metric::List, seconds, server, None, false);
        let own = found.items.len();
        round.record.validity("list", own == 1, format!("the tenant sees {own} {}", resource.plural));
        Ok(Step::Done)
    }
    .boxed()
}
