//! From nothing to a tenant whose admin can work.

use futures::{FutureExt, future::BoxFuture};
use tenantbench_reports::Metric;

use crate::{
    observe::{audit_log::Request, clock::Moment},
    probe::server_clock::{Window, is, span},
    run::{
        RunError,
        round::{Guest, Round, Step, watch_sides},
    },
    tenancy::Limits,
};

/// Creates the tenant and measures how long its admin waits.
pub fn run<'r>(round: &'r mut Round<'_>, limits: Limits) -> BoxFuture<'r, Result<Step, RunError>> {
    async move {
        let name = round.host_namespace(&round.record.tenant);
        let started = Moment::now();
        // One that is half made when the step ends must not be in the way of the next.
        round.beside.begin(&name);
        let tenant = round.create(&name, &limits).await?;
        let (seconds, window) = (started.elapsed().as_secs_f64(), Window::since(&started));
        round.beside.hand_over(&name);
        let sides = watch_sides(&tenant);
        let guest = Guest { tenant, limits, package: None, sides, asked: Some(started), killed_syncers: 0 };
        round.guests.insert(round.record.tenant.clone(), guest);
        let server = by_servers(round, &name, window).await;
        round.record.full(Metric::TenantReady, seconds, server, None, false);
        Ok(Step::Done)
    }
    .boxed()
}

/// From the host's receipt of the namespace to the last thing that the tenant waits for: the service account in its own
/// API server where it has one, else the end of its certificate's making.
async fn by_servers(round: &Round<'_>, name: &str, window: Window) -> Option<f64> {
    let tenant = &round.whose()?.tenant;
    let mut writes = round.host_requests().to_vec();
    if tenant.plane.is_some() {
        writes.extend(round.api_requests().await.iter().cloned());
    }
    let begins = |write: &Request| is(write, &["patch"], "namespaces") && write.object.name == name;
    let ends = |write: &Request| match tenant.plane {
        Some(_) => {
            is(write, &["create"], "serviceaccounts")
                && write.object.namespace == tenant.workspace
                && write.object.name == "default"
        }
        None => is(write, &["delete"], "certificatesigningrequests"),
    };
    span(&writes, window, begins, ends)
}
