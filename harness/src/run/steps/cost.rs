//! What the tenant costs while it works: memory at a quiet point, processor time at its end.

use futures::{FutureExt, future::BoxFuture};
use tenantbench_reports::Metric;

use crate::{
    probe::inventory::Inventory,
    run::{
        RunError,
        round::{Round, Step},
    },
    tenancy::Component,
};

const SHARED: &str = "the tenant shares the host's control plane: see host_growth_bytes";
const ELSEWHERE: &str = "its processes are not on this machine, or one was restarted";

/// Samples memory, and counts what the round has made on the host so far.
pub fn run<'r>(round: &'r mut Round<'_>) -> BoxFuture<'r, Result<Step, RunError>> {
    async move {
        record_memory(round);
        let now = Inventory::take(&round.platform.client()).await?;
        let made = now.added_since(&round.before.objects);
        let counted = made.iter().filter(|object| object.resource != "events").count();
        round.record.sample(Metric::HostObjectsCreated, counted as f64);
        Ok(Step::Done)
    }
    .boxed()
}

/// Records the memory of the tenant's own components, now.
pub fn record_memory(round: &Round<'_>) {
    memory(round, Component::ControlPlane, Metric::ControlPlanePss);
    memory(round, Component::Syncer, Metric::SyncerPss);
}

/// Records the processor time that the tenant's own components have used since their start.
pub fn record_cpu(round: &Round<'_>) {
    cpu(round, Component::ControlPlane, Metric::ControlPlaneCpu);
    cpu(round, Component::Syncer, Metric::SyncerCpu);
}

fn memory(round: &Round<'_>, component: Component, metric: Metric) {
    usage(round, component, metric, |usage| usage.pss_bytes as f64);
}

fn cpu(round: &Round<'_>, component: Component, metric: Metric) {
    usage(round, component, metric, |usage| usage.cpu_seconds);
}

fn usage(
    round: &Round<'_>,
    component: Component,
    metric: Metric,
    value: impl Fn(crate::observe::process::Usage) -> f64,
) {
    match round.whose().and_then(|guest| guest.tenant.plane.as_ref()) {
        None => round.record.absent(metric, SHARED),
        Some(plane) => match plane.usage(component) {
            Some(usage) => round.record.sample(metric, value(usage)),
            None => round.record.absent(metric, ELSEWHERE),
        },
    }
}
