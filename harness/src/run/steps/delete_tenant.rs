//! From the wish to be rid of a tenant to nothing of it left in the API.

use futures::{FutureExt, future::BoxFuture};
use tenantbench_reports::Metric;

use super::{cost, proof, restarts, sync_latency};
use crate::{
    observe::{
        audit_log::Request,
        clock::{Moment, seconds_between},
    },
    probe::server_clock::{Window, is, span},
    run::{
        RunError,
        round::{Round, Step},
    },
};

/// Reads what goes with the tenant, then deletes it.
pub fn run<'r>(round: &'r mut Round<'_>) -> BoxFuture<'r, Result<Step, RunError>> {
    async move {
        // Whatever becomes of that, the tenant is to go: it would weigh on all that is measured after it.
        let read = read(round).await;
        let started = Moment::now();
        let own = round.model.delete(round.platform, round.tenant()?).await?;
        let (seconds, window) = (started.elapsed().as_secs_f64(), Window::since(&started));
        let (writes, name) = (round.host_requests(), &round.tenant()?.name);
        let begins = |write: &Request| write.verb == "delete" && write.object.namespace == *name;
        let ends =
            |write: &Request| is(write, &["update"], "namespaces/finalize") && write.object.name == *name;
        let server = span(&writes, window, begins, ends);
        round.record.full(Metric::TenantDeleted, seconds, server, None, false);
        match own {
            Some(own) => round.record.sample(Metric::VirtualClusterDeleted, own.as_secs_f64()),
            None => round.record.absent(Metric::VirtualClusterDeleted, "the tenant has no virtual cluster"),
        }
        match pause(&writes, name) {
            Some(pause) => round.record.sample(Metric::NamespaceClearWait, pause),
            None => {
                round.record.absent(Metric::NamespaceClearWait, "the host's audit log is not on this machine")
            }
        }
        read.map(|()| Step::Done)
    }
    .boxed()
}

async fn read(round: &mut Round<'_>) -> Result<(), RunError> {
    sync_latency::record(round).await?;
    cost::record_cpu(round);
    proof::rights(round).await?;
    restarts::check(round).await
}

/// Seconds from the answered deletion of a namespace to the first thing that Kubernetes cleared in it. Its namespace
/// controller takes up a deleted namespace only after a grace period of its own, whatever is in it.
fn pause(writes: &[Request], namespace: &str) -> Option<f64> {
    let deleted = writes.iter().find(|write| {
        write.verb == "delete" && write.object.resource == "namespaces" && write.object.name == namespace
    })?;
    let cleared = writes.iter().find(|write| {
        write.verb == "deletecollection"
            && write.object.namespace == namespace
            && write.received >= deleted.completed
    })?;
    Some(seconds_between(deleted.completed, cleared.received))
}
