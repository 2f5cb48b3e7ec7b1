//! What the syncer added for each pod of the round, by both clocks.

use tenantbench_reports::Metric;

use crate::{
    names,
    probe::sync::{Latency, PodSync, Side, pairs},
    run::{RunError, round::Round},
};

const ONE_SIDE: &str = "there is one API server, so nothing is synced";

/// Joins what both watches saw and both API servers logged. Called before the tenant goes, for its log goes with it.
pub async fn record(round: &mut Round<'_>) -> Result<(), RunError> {
    let Some(plane) = round.tenant()?.plane.clone() else {
        for metric in [Metric::PodSyncDown, Metric::PodSyncUp, Metric::WatchLag] {
            round.record.absent(metric, ONE_SIDE);
        }
        return Ok(());
    };
    let tenant_writes = plane.audit().await?;
    let host_writes = round.host_requests();
    let Some(sides) = round.guest_mut()?.sides.take() else { return Ok(()) };
    let (mut inside, outside) = (sides.tenant.times(), sides.host.times());
    // Pods that keep the virtual cluster running were there before the watches.
    inside.retain(|_, pod| !pod.labels.contains_key(names::VIRTUAL_CLUSTER_LABEL));
    let tenant = Side { pods: &inside, writes: &tenant_writes };
    let host = Side { pods: &outside, writes: &host_writes };
    for pod in pairs(&tenant, &host) {
        report(round, &pod);
    }
    Ok(())
}

fn report(round: &Round<'_>, pod: &PodSync) {
    let latency = |metric: Metric, latency: Latency| {
        round.record.full(metric, latency.client, latency.server, Some(pod.pod.clone()), false);
    };
    latency(Metric::PodSyncDown, pod.down);
    if let Some(up) = pod.up {
        latency(Metric::PodSyncUp, up);
    }
    for lag in &pod.watch_lag {
        round.record.full(Metric::WatchLag, *lag, None, Some(pod.pod.clone()), false);
    }
}
