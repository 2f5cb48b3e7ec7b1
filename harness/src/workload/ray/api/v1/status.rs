//! What the operator has seen of a cluster.

use std::collections::BTreeMap;

use k8s_openapi::{
    apimachinery::pkg::api::resource::Quantity,
    apimachinery::pkg::apis::meta::v1::{Condition, Time},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The observed state of a RayCluster.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RayClusterStatus {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) available_worker_replicas: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub(crate) conditions: Option<Vec<Condition>>,
    #[serde(rename = "desiredCPU", skip_serializing_if = "Option::is_none")]
    pub(crate) desired_cpu: Option<Quantity>,
    #[serde(rename = "desiredGPU", skip_serializing_if = "Option::is_none")]
    pub(crate) desired_gpu: Option<Quantity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) desired_memory: Option<Quantity>,
    #[serde(rename = "desiredTPU", skip_serializing_if = "Option::is_none")]
    pub(crate) desired_tpu: Option<Quantity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) desired_worker_replicas: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) endpoints: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) head: Option<HeadInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("nullable" = true))]
    pub(crate) last_update_time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_worker_replicas: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) min_worker_replicas: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) observed_generation: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ready_worker_replicas: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(crate) state: Option<ClusterState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state_transition_times: Option<BTreeMap<String, Time>>,
}

/// The one word that says how a cluster is. The schema leaves the word open, as upstream's does.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ClusterState {
    Ready,
    Failed,
    Suspended,
    /// A word of another operator's version.
    #[serde(other)]
    Unknown,
}

impl ClusterState {
    /// The word itself, as `stateTransitionTimes` keys it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Suspended => "suspended",
            Self::Unknown => "unknown",
        }
    }
}

/// Where the head is.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeadInfo {
    #[serde(rename = "podIP", skip_serializing_if = "Option::is_none")]
    pub(crate) pod_ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pod_name: Option<String>,
    #[serde(rename = "serviceIP", skip_serializing_if = "Option::is_none")]
    pub(crate) service_ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service_name: Option<String>,
}
