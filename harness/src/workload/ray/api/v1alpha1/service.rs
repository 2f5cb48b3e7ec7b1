//! `RayService` as it was.

use std::collections::BTreeMap;

use k8s_openapi::{api::core::v1::Service, apimachinery::pkg::apis::meta::v1::Time};
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cluster::{RayClusterSpec, RayClusterStatus};

/// What should be served.
#[derive(CustomResource, Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[kube(group = "ray.io", version = "v1alpha1", kind = "RayService", namespaced, schema = "disabled")]
#[kube(status = "RayServiceStatus", category = "all", storage = false)]
#[kube(
    deprecated = "ray.io/v1alpha1 RayService is deprecated; use ray.io/v1 RayService. v1alpha1 receives no new fields and will be unavailable in KubeRay 1.9."
)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RayServiceSpec {
    pub(crate) deployment_unhealthy_second_threshold: Option<i32>,
    pub(crate) ray_cluster_config: Option<RayClusterSpec>,
    #[serde(rename = "serveConfigV2")]
    pub(crate) serve_config_v2: Option<String>,
    pub(crate) serve_service: Option<Service>,
    pub(crate) service_unhealthy_second_threshold: Option<i32>,
}

/// The observed state of a RayService.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RayServiceStatus {
    pub(crate) active_service_status: Option<ClusterServeStatus>,
    pub(crate) last_update_time: Option<Time>,
    pub(crate) observed_generation: Option<i64>,
    pub(crate) pending_service_status: Option<ClusterServeStatus>,
    pub(crate) service_status: Option<String>,
}

/// One of the two clusters an upgrade holds.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClusterServeStatus {
    pub(crate) application_statuses: Option<BTreeMap<String, ApplicationStatus>>,
    pub(crate) ray_cluster_name: Option<String>,
    pub(crate) ray_cluster_status: Option<RayClusterStatus>,
}

/// One served application.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApplicationStatus {
    pub(crate) health_last_update_time: Option<Time>,
    pub(crate) message: Option<String>,
    pub(crate) serve_deployment_statuses: Option<BTreeMap<String, ServeDeploymentStatus>>,
    pub(crate) status: Option<String>,
}

/// One deployment within an application.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServeDeploymentStatus {
    pub(crate) health_last_update_time: Option<Time>,
    pub(crate) message: Option<String>,
    pub(crate) status: Option<String>,
}
