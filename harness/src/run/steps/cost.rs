//! What the tenant costs while it works: memory at a quiet point, processor time at its end.

use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, ResourceExt, api::ListParams};
use tenantbench_reports::Metric;
use tenantbench_syncer::names::marks;

use crate::{
    host::HostError,
    names,
    probe::{
        containers::{self, Memory},
        inventory::Inventory,
    },
    run::{
        RunError,
        round::{Round, Step},
    },
    tenancy::Component,
};

const SHARED: &str = "the tenant shares the host's control plane: see host_growth_bytes";
const NO_CONTAINERS: &str = "no node of this host is a container of this machine";
const ELSEWHERE: &str = "its processes are not on this machine, or one was restarted";

/// Samples memory, and counts what the round has made on the host so far.
pub fn run<'r>(round: &'r mut Round<'_>) -> BoxFuture<'r, Result<Step, RunError>> {
    async move {
        record_memory(round).await?;
        let now = Inventory::take(&round.platform.client()).await?;
        let made = now.added_since(&round.before.objects);
        let counted = made.iter().filter(|object| object.resource != "events").count();
        round.record.sample(Metric::HostObjectsCreated, counted as f64);
        Ok(Step::Done)
    }
    .boxed()
}

/// Records the memory of the tenant's own components, now: of processes of this machine, or of containers in nodes
/// that are on it.
pub async fn record_memory(round: &Round<'_>) -> Result<(), RunError> {
    memory(round, Component::ControlPlane, Metric::ControlPlanePss);
    memory(round, Component::Syncer, Metric::SyncerPss);
    let tenant = round.tenant()?;
    let nodes = round.platform.host.containers();
    let why_not = match (&tenant.plane, nodes) {
        (None, _) => Some(SHARED),
        (Some(_), []) => Some(NO_CONTAINERS),
        _ => None,
    };
    if let Some(reason) = why_not {
        round.record.absent(Metric::ContainerMemory, reason);
        round.record.absent(Metric::TenantMemory, reason);
        return Ok(());
    }
    let pods: Api<Pod> = Api::namespaced(round.platform.client(), &tenant.name);
    let found = pods.list(&ListParams::default()).await;
    let mut pods = found.map_err(RunError::probe("list the tenant's pods on the host"))?.items;
    pods.retain(keeps_the_tenant_running);
    let found = containers::memory(nodes, &pods).await.map_err(HostError::from)?;
    for Memory { container, bytes } in &found {
        let subject = Some(container.clone());
        round.record.full(Metric::ContainerMemory, *bytes as f64, None, subject, false);
    }
    let sum: u64 = found.iter().map(|one| one.bytes).sum();
    round.record.sample(Metric::TenantMemory, sum as f64);
    Ok(())
}

/// The plane's own pod, and copies of what runs in the tenant's own system namespace.
fn keeps_the_tenant_running(pod: &Pod) -> bool {
    let labels = pod.labels();
    labels.contains_key(names::VIRTUAL_CLUSTER_LABEL)
        || labels.get(marks::NAMESPACE).is_some_and(|namespace| namespace == "kube-system")
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
