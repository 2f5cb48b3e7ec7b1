//! The tenant lists its custom resources, as a user would with kubectl.

use futures::{FutureExt, future::BoxFuture};
use kube::{Api, api::DynamicObject, api::ListParams};
use tenantbench_reports::Metric;

use crate::{
    observe::clock::Moment,
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
        let found = api
            .list(&ListParams::default())
            .await
            .map_err(|source| RunError::Probe { what: "list the workload", source: Box::new(source) })?;
        round.record.sample(Metric::List, started.elapsed().as_secs_f64());
        let own = found.items.len();
        round.record.validity("list", own == 1, format!("the tenant sees {own} {}", resource.plural));
        Ok(Step::Done)
    }
    .boxed()
}
