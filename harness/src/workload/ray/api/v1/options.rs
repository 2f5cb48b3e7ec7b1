//! What can be switched on for a cluster: authentication, fault tolerance, history, TLS, upgrades.

use k8s_openapi::{
    api::core::v1::{EnvVar, EnvVarSource, ResourceRequirements},
    apimachinery::pkg::api::resource::Quantity,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The rules on `managedBy`, which three kinds have in common.
pub(super) fn managed_by_rules() -> Value {
    json!([
        {"message": "the managedBy field is immutable", "rule": "self == oldSelf"},
        {
            "message": "the managedBy field value must be either 'ray.io/kuberay-operator' or 'kueue.x-k8s.io/multikueue'",
            "rule": "self in ['ray.io/kuberay-operator', 'kueue.x-k8s.io/multikueue']"
        },
    ])
}

/// Who may talk to the cluster.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthOptions {
    #[serde(rename = "enableK8sTokenAuth", skip_serializing_if = "Option::is_none")]
    pub(crate) enable_k8s_token_auth: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mode: Option<AuthMode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) secret_name: Option<String>,
}

/// Whether Ray asks for a token.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AuthMode {
    Disabled,
    Token,
}

/// Where the head keeps its state, so that it survives a restart.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GcsFaultToleranceOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-validations" = [
        {"message": "gcsFaultToleranceOptions.backend is immutable", "rule": "self == oldSelf"}
    ]))]
    pub(crate) backend: Option<GcsBackend>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) external_storage_namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) redis_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) redis_password: Option<RedisCredential>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) redis_username: Option<RedisCredential>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) storage: Option<GcsStorage>,
}

/// The store behind the head.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum GcsBackend {
    Redis,
    Rocksdb,
}

/// A value given plainly or by reference.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RedisCredential {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value_from: Option<EnvVarSource>,
}

/// The volume of the embedded store.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GcsStorage {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) access_modes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) claim_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deletion_policy: Option<StorageDeletionPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) size: Option<Quantity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) storage_class_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sub_path: Option<String>,
}

/// Whether the volume outlives the cluster.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StorageDeletionPolicy {
    DeleteWithCluster,
    Retain,
}

/// What is kept for the history server.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryServerOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) collector_options: Option<CollectorOptions>,
}

/// The container that collects history.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CollectorOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) env: Option<Vec<EnvVar>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) image: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) image_pull_policy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resources: Option<ResourceRequirements>,
}

/// TLS between the cluster's Pods.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TlsOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enabled: Option<bool>,
}

/// What a change of the templates does to running Pods.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClusterUpgradeStrategy {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<ClusterUpgradeType>,
}

/// All Pods anew, or none.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClusterUpgradeType {
    Recreate,
    None,
}
