//! `RayJob`: a cluster and one program that is submitted to it.

use std::collections::BTreeMap;

use k8s_openapi::{api::core::v1::PodTemplateSpec, apimachinery::pkg::apis::meta::v1::Time};
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{cluster::RayClusterSpec, job_deletion::DeletionStrategy, status::RayClusterStatus};

/// What should be run, and on which cluster.
#[derive(CustomResource, Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[kube(group = "ray.io", version = "v1", kind = "RayJob", namespaced, schema = "disabled")]
#[kube(status = "RayJobStatus", category = "all", derive = "PartialEq")]
#[kube(printcolumn(name = "job status", type_ = "string", json_path = ".status.jobStatus"))]
#[kube(printcolumn(name = "deployment status", type_ = "string", json_path = ".status.jobDeploymentStatus"))]
#[kube(printcolumn(name = "ray cluster name", type_ = "string", json_path = ".status.rayClusterName"))]
#[kube(printcolumn(name = "start time", type_ = "string", json_path = ".status.startTime"))]
#[kube(printcolumn(name = "end time", type_ = "string", json_path = ".status.endTime"))]
#[kube(printcolumn(name = "age", type_ = "date", json_path = ".metadata.creationTimestamp"))]
#[serde(rename_all = "camelCase")]
pub(crate) struct RayJobSpec {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) active_deadline_seconds: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = 0))]
    pub(crate) backoff_limit: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cluster_selector: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deletion_strategy: Option<DeletionStrategy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entrypoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entrypoint_num_cpus: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entrypoint_num_gpus: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entrypoint_resources: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) job_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-validations" = super::options::managed_by_rules()))]
    pub(crate) managed_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 1))]
    pub(crate) pre_running_deadline_seconds: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ray_cluster_spec: Option<Box<RayClusterSpec>>,
    #[serde(rename = "runtimeEnvYAML", skip_serializing_if = "Option::is_none")]
    pub(crate) runtime_env_yaml: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shutdown_after_job_finishes: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "K8sJobMode"))]
    pub(crate) submission_mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) submitter_config: Option<SubmitterConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) submitter_pod_template: Option<Box<PodTemplateSpec>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) suspend: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = 0))]
    pub(crate) ttl_seconds_after_finished: Option<i32>,
}

/// The batch Job that submits the program.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubmitterConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) backoff_limit: Option<i32>,
}

/// The observed state of a RayJob.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RayJobStatus {
    #[serde(rename = "dashboardURL", skip_serializing_if = "Option::is_none")]
    pub(crate) dashboard_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end_time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = 0))]
    pub(crate) failed: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(crate) job_deployment_status: Option<JobDeploymentStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) job_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(crate) job_status: Option<JobStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) job_status_check_failure_start_time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) observed_generation: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ray_cluster_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ray_cluster_status: Option<Box<RayClusterStatus>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ray_job_info: Option<RayJobInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) start_time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = 0))]
    pub(crate) succeeded: Option<i32>,
}

/// How far the operator is with a job. The schema leaves the word open, as upstream's does.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobDeploymentStatus {
    Initializing,
    Running,
    Complete,
    Failed,
    Suspended,
    /// A word that only another operator writes.
    #[serde(other)]
    Unknown,
}

/// How the submitted program is.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum JobStatus {
    Pending,
    Running,
    Succeeded,
    Failed,
    /// A word that only another operator writes.
    #[serde(other)]
    Unknown,
}

/// The program's own times, as Ray tells them.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RayJobInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end_time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) start_time: Option<Time>,
}
