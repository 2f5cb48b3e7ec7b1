//! `RayCluster` as it was.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{
        EnvFromSource, EnvVar, PodTemplateSpec, ResourceRequirements, SecurityContext, Service, VolumeMount,
    },
    apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::Time},
};
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::v1::UpscalingMode;

/// What a Ray cluster should be.
#[derive(CustomResource, Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[kube(group = "ray.io", version = "v1alpha1", kind = "RayCluster", namespaced, schema = "disabled")]
#[kube(status = "RayClusterStatus", category = "all", storage = false)]
#[kube(
    deprecated = "ray.io/v1alpha1 RayCluster is deprecated; use ray.io/v1 RayCluster. v1alpha1 receives no new fields and will be unavailable in KubeRay 1.9."
)]
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
    pub(crate) autoscaler_options: Option<AutoscalerOptions>,
    pub(crate) enable_in_tree_autoscaling: Option<bool>,
    pub(crate) head_group_spec: HeadGroupSpec,
    pub(crate) head_service_annotations: Option<BTreeMap<String, String>>,
    pub(crate) ray_version: Option<String>,
    pub(crate) suspend: Option<bool>,
    pub(crate) worker_group_specs: Option<Vec<WorkerGroupSpec>>,
}

/// The autoscaler's container and pace.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AutoscalerOptions {
    pub(crate) env: Option<Vec<EnvVar>>,
    pub(crate) env_from: Option<Vec<EnvFromSource>>,
    pub(crate) idle_timeout_seconds: Option<i32>,
    pub(crate) image: Option<String>,
    pub(crate) image_pull_policy: Option<String>,
    pub(crate) resources: Option<ResourceRequirements>,
    pub(crate) security_context: Option<SecurityContext>,
    pub(crate) upscaling_mode: Option<UpscalingMode>,
    pub(crate) volume_mounts: Option<Vec<VolumeMount>>,
}

/// The head: one Pod and its Service.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeadGroupSpec {
    pub(crate) enable_ingress: Option<bool>,
    pub(crate) head_service: Option<Service>,
    pub(crate) ray_start_params: BTreeMap<String, String>,
    pub(crate) service_type: Option<String>,
    pub(crate) template: PodTemplateSpec,
}

/// Workers of one template.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WorkerGroupSpec {
    pub(crate) group_name: String,
    #[schemars(extend("default" = i32::MAX))]
    pub(crate) max_replicas: i32,
    #[schemars(extend("default" = 0))]
    pub(crate) min_replicas: i32,
    pub(crate) ray_start_params: BTreeMap<String, String>,
    #[schemars(extend("default" = 0))]
    pub(crate) replicas: Option<i32>,
    pub(crate) scale_strategy: Option<ScaleStrategy>,
    pub(crate) template: PodTemplateSpec,
}

/// Which workers go first when the group shrinks.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScaleStrategy {
    pub(crate) workers_to_delete: Option<Vec<String>>,
}

/// The observed state of a RayCluster.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RayClusterStatus {
    pub(crate) available_worker_replicas: Option<i32>,
    #[serde(rename = "desiredCPU")]
    pub(crate) desired_cpu: Option<Quantity>,
    #[serde(rename = "desiredGPU")]
    pub(crate) desired_gpu: Option<Quantity>,
    pub(crate) desired_memory: Option<Quantity>,
    #[serde(rename = "desiredTPU")]
    pub(crate) desired_tpu: Option<Quantity>,
    pub(crate) desired_worker_replicas: Option<i32>,
    pub(crate) endpoints: Option<BTreeMap<String, String>>,
    pub(crate) head: Option<HeadInfo>,
    #[schemars(extend("nullable" = true))]
    pub(crate) last_update_time: Option<Time>,
    pub(crate) max_worker_replicas: Option<i32>,
    pub(crate) min_worker_replicas: Option<i32>,
    pub(crate) observed_generation: Option<i64>,
    pub(crate) ready_worker_replicas: Option<i32>,
    pub(crate) reason: Option<String>,
    pub(crate) state: Option<String>,
}

/// Where the head is.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeadInfo {
    #[serde(rename = "podIP")]
    pub(crate) pod_ip: Option<String>,
    #[serde(rename = "serviceIP")]
    pub(crate) service_ip: Option<String>,
}
