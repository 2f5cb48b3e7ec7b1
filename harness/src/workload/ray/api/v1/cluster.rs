//! `RayCluster`: a head and groups of workers.

use std::collections::BTreeMap;

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    autoscaler::AutoscalerOptions,
    group::{HeadGroupSpec, WorkerGroupSpec},
    network_policy::NetworkPolicyConfig,
    options::{
        AuthOptions, ClusterUpgradeStrategy, GcsFaultToleranceOptions, HistoryServerOptions, TlsOptions,
    },
    status::RayClusterStatus,
};

/// What a Ray cluster should be.
#[derive(CustomResource, Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[kube(group = "ray.io", version = "v1", kind = "RayCluster", namespaced, schema = "disabled")]
#[kube(status = "RayClusterStatus", category = "all", derive = "PartialEq")]
#[kube(printcolumn(
    name = "desired workers",
    type_ = "integer",
    json_path = ".status.desiredWorkerReplicas"
))]
#[kube(printcolumn(
    name = "available workers",
    type_ = "integer",
    json_path = ".status.availableWorkerReplicas"
))]
#[kube(printcolumn(name = "cpus", type_ = "string", json_path = ".status.desiredCPU"))]
#[kube(printcolumn(name = "memory", type_ = "string", json_path = ".status.desiredMemory"))]
#[kube(printcolumn(name = "gpus", type_ = "string", json_path = ".status.desiredGPU"))]
#[kube(printcolumn(name = "tpus", type_ = "string", json_path = ".status.desiredTPU", priority = 1))]
#[kube(printcolumn(name = "status", type_ = "string", json_path = ".status.state"))]
#[kube(printcolumn(name = "age", type_ = "date", json_path = ".metadata.creationTimestamp"))]
#[kube(printcolumn(name = "head pod IP", type_ = "string", json_path = ".status.head.podIP", priority = 1))]
#[kube(printcolumn(
    name = "head service IP",
    type_ = "string",
    json_path = ".status.head.serviceIP",
    priority = 1
))]
#[serde(rename_all = "camelCase")]
pub(crate) struct RayClusterSpec {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) auth_options: Option<AuthOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) autoscaler_options: Option<Box<AutoscalerOptions>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enable_in_tree_autoscaling: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gcs_fault_tolerance_options: Option<Box<GcsFaultToleranceOptions>>,
    pub(crate) head_group_spec: Box<HeadGroupSpec>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) head_service_annotations: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) history_server_options: Option<Box<HistoryServerOptions>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-validations" = super::options::managed_by_rules()))]
    pub(crate) managed_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) network_policy: Option<Box<NetworkPolicyConfig>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ray_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) suspend: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tls_options: Option<TlsOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) upgrade_strategy: Option<ClusterUpgradeStrategy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) worker_group_specs: Option<Vec<WorkerGroupSpec>>,
}
