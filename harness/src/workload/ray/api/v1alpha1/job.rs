//! `RayJob` as it was.

use std::collections::BTreeMap;

use k8s_openapi::{api::core::v1::PodTemplateSpec, apimachinery::pkg::apis::meta::v1::Time};
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cluster::{RayClusterSpec, RayClusterStatus};

/// What should be run, and on which cluster.
#[derive(CustomResource, Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[kube(group = "ray.io", version = "v1alpha1", kind = "RayJob", namespaced, schema = "disabled")]
#[kube(status = "RayJobStatus", category = "all", storage = false)]
#[kube(
    deprecated = "ray.io/v1alpha1 RayJob is deprecated; use ray.io/v1 RayJob. v1alpha1 receives no new fields and will be unavailable in KubeRay 1.9."
)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RayJobSpec {
    pub(crate) cluster_selector: Option<BTreeMap<String, String>>,
    pub(crate) entrypoint: String,
    pub(crate) entrypoint_num_cpus: Option<f32>,
    pub(crate) entrypoint_num_gpus: Option<f32>,
    pub(crate) entrypoint_resources: Option<String>,
    pub(crate) job_id: Option<String>,
    pub(crate) metadata: Option<BTreeMap<String, String>>,
    pub(crate) ray_cluster_spec: Option<RayClusterSpec>,
    #[serde(rename = "runtimeEnvYAML")]
    pub(crate) runtime_env_yaml: Option<String>,
    pub(crate) shutdown_after_job_finishes: Option<bool>,
    pub(crate) submitter_pod_template: Option<PodTemplateSpec>,
    pub(crate) suspend: Option<bool>,
    #[schemars(extend("default" = 0))]
    pub(crate) ttl_seconds_after_finished: Option<i32>,
}

/// The observed state of a RayJob.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RayJobStatus {
    #[serde(rename = "dashboardURL")]
    pub(crate) dashboard_url: Option<String>,
    pub(crate) end_time: Option<Time>,
    pub(crate) job_deployment_status: Option<String>,
    pub(crate) job_id: Option<String>,
    pub(crate) job_status: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) observed_generation: Option<i64>,
    pub(crate) ray_cluster_name: Option<String>,
    pub(crate) ray_cluster_status: Option<RayClusterStatus>,
    pub(crate) start_time: Option<Time>,
}
