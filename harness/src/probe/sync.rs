//! What a syncer adds: from an object in the tenant to its counterpart on the host, and from a status there back.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tenantbench_syncer::names::marks;

use crate::observe::{
    audit_log::Request,
    clock::{Moment, seconds_between},
    pods::PodTimes,
};

/// The way of one pod from the tenant to the host and back.
#[derive(Clone, Debug, PartialEq)]
pub struct PodSync {
    /// `namespace/name` in the tenant.
    pub pod: String,
    /// Created in the tenant → created on the host, seconds.
    pub down: Latency,
    /// Ready on the host → Ready in the tenant, seconds; none while the pod is not Ready on both sides.
    pub up: Option<Latency>,
    /// By how much each watch lagged behind the server's own stamp of a creation, seconds.
    pub watch_lag: Vec<f64>,
}

/// One latency by both clocks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latency {
    /// Watch event to watch event, by this machine's monotonic clock.
    pub client: f64,
    /// Answer to answer, by the API servers' audit stamps, where both were found.
    pub server: Option<f64>,
}

/// What one side of a virtual cluster saw and logged.
pub struct Side<'a> {
    /// By its watch.
    pub pods: &'a BTreeMap<String, PodTimes>,
    /// By its API server.
    pub writes: &'a [Request],
}

/// Joins the pods of a tenant with those of its host namespace. Pods that the syncer does not know are no pair.
pub fn pairs(tenant: &Side<'_>, host: &Side<'_>) -> Vec<PodSync> {
    let by_uid: BTreeMap<String, &PodTimes> =
        host.pods.values().filter_map(|pod| Some((pod.annotations.get(marks::UID)?.clone(), pod))).collect();
    tenant.pods.iter().filter_map(|(uid, pod)| Some(pair(pod, by_uid.get(uid)?, tenant, host))).collect()
}

fn pair(inside: &PodTimes, outside: &PodTimes, tenant: &Side<'_>, host: &Side<'_>) -> PodSync {
    let created_inside = creation(tenant.writes, inside);
    let created_outside = creation(host.writes, outside);
    let down = Latency {
        client: outside.seen.seconds_since(&inside.seen),
        server: created_inside.zip(created_outside).map(|(from, to)| seconds_between(from, to)),
    };
    let up = inside.ready.zip(outside.ready).map(|(inside_ready, outside_ready)| Latency {
        client: inside_ready.seconds_since(&outside_ready),
        server: status_write(host.writes, outside, outside_ready)
            .zip(status_write(tenant.writes, inside, inside_ready))
            .map(|(from, to)| seconds_between(from, to)),
    });
    let lags = [(created_inside, inside.seen), (created_outside, outside.seen)];
    PodSync {
        pod: format!("{}/{}", inside.namespace, inside.name),
        down,
        up,
        watch_lag: lags
            .iter()
            .filter_map(|(stamp, seen)| Some(seconds_between((*stamp)?, seen.wall)))
            .collect(),
    }
}

/// When the server had answered the pod's creation. A name that the server generates is not in the log of the request,
/// so the last creation without a name before the watch showed the pod stands for it.
fn creation(writes: &[Request], pod: &PodTimes) -> Option<Timestamp> {
    let creations = writes.iter().filter(|write| {
        is_of(write, pod, "")
            && matches!(write.verb.as_str(), "create" | "patch")
            && (200..300).contains(&write.code)
    });
    let (named, unnamed): (Vec<&Request>, Vec<&Request>) =
        creations.partition(|write| write.object.name == pod.name);
    let first_named = named.iter().map(|write| write.completed).min();
    let unnamed =
        unnamed.iter().filter(|write| write.object.name.is_empty() && write.received <= pod.seen.wall);
    first_named.or_else(|| unnamed.map(|write| write.completed).max())
}

/// When the server had answered the last write of the pod's status that the watch can have shown at `seen`.
fn status_write(writes: &[Request], pod: &PodTimes, seen: Moment) -> Option<Timestamp> {
    writes
        .iter()
        .filter(|write| {
            is_of(write, pod, "status") && write.object.name == pod.name && write.received <= seen.wall
        })
        .map(|write| write.completed)
        .max()
}

fn is_of(write: &Request, pod: &PodTimes, subresource: &str) -> bool {
    write.object.resource == "pods"
        && write.object.namespace == pod.namespace
        && write.object.subresource == subresource
}
