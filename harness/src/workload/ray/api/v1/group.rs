//! The two kinds of group in a cluster: the head, and workers of one template.

use std::collections::BTreeMap;

use k8s_openapi::api::{
    core::v1::{PodTemplateSpec, Service},
    networking::v1::IngressTLS,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The head: one Pod and its Service.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeadGroupSpec {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enable_ingress: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) head_service: Option<Box<Service>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ingress_options: Option<IngressOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) labels: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ray_start_params: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resources: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service_type: Option<String>,
    pub(crate) template: Box<PodTemplateSpec>,
}

/// The Ingress in front of the dashboard.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IngressOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path_type: Option<IngressPathType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tls: Option<Vec<IngressTLS>>,
}

/// How the Ingress compares its path.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IngressPathType {
    Exact,
    Prefix,
    ImplementationSpecific,
}

/// Workers of one template. The numbers have defaults in the schema, and are required all the same: as upstream.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WorkerGroupSpec {
    pub(crate) group_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) idle_timeout_seconds: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) labels: Option<BTreeMap<String, String>>,
    #[schemars(extend("default" = i32::MAX))]
    pub(crate) max_replicas: i32,
    #[schemars(extend("default" = 0))]
    pub(crate) min_replicas: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = 1))]
    pub(crate) num_of_hosts: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = 0))]
    pub(crate) priority: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ray_start_params: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = 0))]
    pub(crate) replicas: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resources: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scale_strategy: Option<ScaleStrategy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) suspend: Option<bool>,
    pub(crate) template: Box<PodTemplateSpec>,
}

/// Which workers go first when the group shrinks.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScaleStrategy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) workers_to_delete: Option<Vec<String>>,
}
