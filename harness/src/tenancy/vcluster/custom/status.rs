//! What the operator says of a VirtualCluster.

use k8s_openapi::{
    apimachinery::pkg::apis::meta::v1::{Condition, Time},
    jiff::Timestamp,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The status of a VirtualCluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct VirtualClusterStatus {
    /// The generation of the spec that this is about.
    pub observed_generation: i64,
    /// In one word: Pending, Ready, Paused or Failed.
    pub phase: String,
    /// The Secret with the admin's kubeconfig.
    pub kubeconfig_secret: String,
    /// `Applied`: the objects are as the spec says. `Ready`: the API answers and the syncer runs.
    pub conditions: Vec<Condition>,
}

/// One thing that holds or does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) kind: &'static str,
    pub(super) holds: bool,
    pub(super) reason: &'static str,
    pub(super) message: String,
}

impl VirtualClusterStatus {
    /// The next status; a condition keeps the time since which it has held.
    pub(super) fn next(
        &self,
        generation: i64,
        phase: &str,
        kubeconfig_secret: &str,
        findings: Vec<Finding>,
        now: Timestamp,
    ) -> Self {
        let conditions = findings.into_iter().map(|finding| self.condition(finding, generation, now));
        Self {
            observed_generation: generation,
            phase: phase.to_owned(),
            kubeconfig_secret: kubeconfig_secret.to_owned(),
            conditions: conditions.collect(),
        }
    }

    fn condition(&self, finding: Finding, generation: i64, now: Timestamp) -> Condition {
        let status = if finding.holds { "True" } else { "False" };
        let before = self.conditions.iter().find(|known| known.type_ == finding.kind);
        let since =
            before.filter(|known| known.status == status).map(|known| known.last_transition_time.clone());
        Condition {
            type_: finding.kind.to_owned(),
            status: status.to_owned(),
            reason: finding.reason.to_owned(),
            message: finding.message,
            last_transition_time: since.unwrap_or(Time(now)),
            observed_generation: Some(generation),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(holds: bool) -> Vec<Finding> {
        vec![Finding { kind: "Ready", holds, reason: "Because", message: String::new() }]
    }

    #[test]
    fn a_condition_that_holds_on_keeps_its_time() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let first = VirtualClusterStatus::default().next(1, "Pending", "s", ready(false), at(1));
        let same = first.next(2, "Pending", "s", ready(false), at(2));
        let other = same.next(2, "Ready", "s", ready(true), at(3));
        let since = |status: &VirtualClusterStatus| status.conditions[0].last_transition_time.0;
        assert_eq!([since(&first), since(&same), since(&other)], [at(1), at(1), at(3)]);
    }
}
