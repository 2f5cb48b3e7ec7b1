//! The conditions of a RayCluster, with upstream's types and reasons.

use k8s_openapi::{
    api::core::v1::Pod,
    apimachinery::pkg::apis::meta::v1::{Condition, Time},
};

use super::pods;
use crate::workload::ray::api::v1::RayCluster;

const PROVISIONED: &str = "RayClusterProvisioned";
const HEAD_READY: &str = "HeadPodReady";
const SUSPENDING: &str = "RayClusterSuspending";
const SUSPENDED: &str = "RayClusterSuspended";

/// A list of conditions by type, where the time of transition moves only with the status.
pub(super) struct Conditions<'a> {
    all: Vec<Condition>,
    generation: Option<i64>,
    now: &'a Time,
}

impl<'a> Conditions<'a> {
    pub(super) fn new(all: Option<Vec<Condition>>, generation: Option<i64>, now: &'a Time) -> Self {
        Self { all: all.unwrap_or_default(), generation, now }
    }

    pub(super) fn into_vec(self) -> Vec<Condition> {
        self.all
    }

    fn is_true(&self, kind: &str) -> bool {
        self.all.iter().any(|condition| condition.type_ == kind && condition.status == "True")
    }

    fn set(&mut self, kind: &str, holds: bool, reason: &str, message: &str) {
        let status = if holds { "True" } else { "False" };
        let new = Condition {
            type_: kind.into(),
            status: status.into(),
            reason: reason.into(),
            message: message.into(),
            observed_generation: self.generation,
            last_transition_time: self.now.clone(),
        };
        match self.all.iter_mut().find(|condition| condition.type_ == kind) {
            None => self.all.push(new),
            Some(old) => {
                let since = if old.status == new.status {
                    old.last_transition_time.clone()
                } else {
                    self.now.clone()
                };
                *old = Condition { last_transition_time: since, ..new };
            }
        }
    }
}

/// Brings `conditions` up to what was seen.
pub(super) fn observe(
    conditions: &mut Conditions<'_>,
    cluster: &RayCluster,
    head: Option<&Pod>,
    empty: bool,
    complete: bool,
) {
    let suspend = cluster.spec.suspend == Some(true);
    observe_head(conditions, head);
    if suspend || conditions.is_true(SUSPENDED) || conditions.is_true(SUSPENDING) {
        conditions.set(SUSPENDING, suspend && !empty, SUSPENDING, "");
        conditions.set(SUSPENDED, suspend && empty, SUSPENDED, "");
    }
    if suspend {
        if empty {
            conditions.set(PROVISIONED, false, "RayClusterPodsProvisioning", "RayCluster has been suspended");
        }
    } else if complete {
        conditions.set(
            PROVISIONED,
            true,
            "AllPodRunningAndReadyFirstTime",
            "All Ray Pods are ready for the first time",
        );
    } else if !conditions.is_true(PROVISIONED) {
        conditions.set(
            PROVISIONED,
            false,
            "RayClusterPodsProvisioning",
            "RayCluster Pods are being provisioned for first time",
        );
    }
}

fn observe_head(conditions: &mut Conditions<'_>, head: Option<&Pod>) {
    let Some(head) = head else {
        return conditions.set(HEAD_READY, false, "HeadPodNotFound", "Head Pod not found");
    };
    if pods::is_ready(head) {
        return conditions.set(HEAD_READY, true, "HeadPodRunningAndReady", "");
    }
    let said = pods::ready_condition(head);
    let reason = said.and_then(|condition| condition.reason.as_deref()).unwrap_or("ContainersNotReady");
    let message = said.and_then(|condition| condition.message.as_deref()).unwrap_or_default();
    conditions.set(HEAD_READY, false, reason, message);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(time: &str) -> Time {
        serde_json::from_value(json!(time)).unwrap()
    }

    fn cluster(suspend: bool) -> RayCluster {
        let spec = json!({"suspend": suspend, "headGroupSpec": {"template": {}}});
        serde_json::from_value(
            json!({"apiVersion": "ray.io/v1", "kind": "RayCluster", "metadata": {}, "spec": spec}),
        )
        .unwrap()
    }

    fn seen(old: Vec<Condition>, suspend: bool, empty: bool, complete: bool, now: &Time) -> Vec<Condition> {
        let mut conditions = Conditions::new(Some(old), Some(1), now);
        observe(&mut conditions, &cluster(suspend), None, empty, complete);
        conditions.into_vec()
    }

    fn status<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a str> {
        conditions.iter().find(|condition| condition.type_ == kind).map(|condition| condition.status.as_str())
    }

    #[test]
    fn provisioned_stays_true_once_it_was() {
        let first = seen(vec![], false, false, true, &at("2026-01-01T00:00:00Z"));
        let later = seen(first, false, false, false, &at("2026-01-02T00:00:00Z"));
        assert_eq!(status(&later, PROVISIONED), Some("True"));
    }

    #[test]
    fn suspension_takes_provisioned_back_and_resuming_ends_it() {
        let now = at("2026-01-01T00:00:00Z");
        let ready = seen(vec![], false, false, true, &now);
        let suspending = seen(ready, true, false, false, &now);
        assert_eq!(status(&suspending, SUSPENDING), Some("True"));
        let suspended = seen(suspending, true, true, false, &now);
        assert_eq!(
            (status(&suspended, SUSPENDED), status(&suspended, PROVISIONED)),
            (Some("True"), Some("False"))
        );
        let resumed = seen(suspended, false, true, false, &now);
        assert_eq!(status(&resumed, SUSPENDED), Some("False"));
    }

    #[test]
    fn the_time_of_transition_moves_only_with_the_status() {
        let first = seen(vec![], false, false, false, &at("2026-01-01T00:00:00Z"));
        let same = seen(first, false, false, false, &at("2026-01-02T00:00:00Z"));
        assert!(same.iter().all(|condition| condition.last_transition_time == at("2026-01-01T00:00:00Z")));
    }
}
