//! `RayService`: a cluster that serves applications, upgraded without a gap.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::Service,
    apimachinery::pkg::apis::meta::v1::{Condition, Time},
};
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{cluster::RayClusterSpec, status::RayClusterStatus};

/// What should be served.
#[derive(CustomResource, Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[kube(group = "ray.io", version = "v1", kind = "RayService", namespaced, schema = "disabled")]
#[kube(status = "RayServiceStatus", category = "all", derive = "PartialEq")]
#[kube(printcolumn(name = "service status", type_ = "string", json_path = ".status.serviceStatus"))]
#[kube(printcolumn(name = "num serve endpoints", type_ = "string", json_path = ".status.numServeEndpoints"))]
#[serde(rename_all = "camelCase")]
pub(crate) struct RayServiceSpec {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deployment_unhealthy_second_threshold: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exclude_head_pod_from_serve_svc: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-validations" = super::options::managed_by_rules()))]
    pub(crate) managed_by: Option<String>,
    pub(crate) ray_cluster_config: Box<RayClusterSpec>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 0))]
    pub(crate) ray_cluster_deletion_delay_seconds: Option<i32>,
    #[serde(rename = "serveConfigV2", skip_serializing_if = "Option::is_none")]
    pub(crate) serve_config_v2: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) serve_service: Option<Box<Service>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service_unhealthy_second_threshold: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) suspend: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) upgrade_strategy: Option<ServiceUpgradeStrategy>,
}

/// How a change reaches the clients.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceUpgradeStrategy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cluster_upgrade_options: Option<ClusterUpgradeOptions>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
}

/// The steps of a gradual upgrade through a gateway.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClusterUpgradeOptions {
    pub(crate) gateway_class_name: String,
    pub(crate) interval_seconds: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = 100))]
    pub(crate) max_surge_percent: Option<i32>,
    pub(crate) step_size_percent: i32,
}

/// The observed state of a RayService.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RayServiceStatus {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) active_service_status: Option<Box<ClusterServeStatus>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub(crate) conditions: Option<Vec<Condition>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_update_time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) num_serve_endpoints: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) observed_generation: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pending_service_status: Option<Box<ClusterServeStatus>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service_status: Option<String>,
}

/// One of the two clusters an upgrade holds.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClusterServeStatus {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) application_statuses: Option<BTreeMap<String, ApplicationStatus>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_traffic_migrated_time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ray_cluster_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ray_cluster_status: Option<RayClusterStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target_capacity: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) traffic_routed_percent: Option<i32>,
}

/// One served application.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApplicationStatus {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) serve_deployment_statuses: Option<BTreeMap<String, ServeDeploymentStatus>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<String>,
}

/// One deployment within an application.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServeDeploymentStatus {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<String>,
}
