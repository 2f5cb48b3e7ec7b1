//! Who may reach a cluster's Pods, and whom they may reach.

use k8s_openapi::api::networking::v1::{NetworkPolicyEgressRule, NetworkPolicyIngressRule};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// NetworkPolicies for head and workers.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NetworkPolicyConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) head: Option<NetworkPolicyRules>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "DenyAll"))]
    pub(crate) mode: Option<NetworkPolicyMode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) worker: Option<NetworkPolicyRules>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["groupName"]))]
    pub(crate) worker_groups: Option<Vec<WorkerGroupNetworkPolicy>>,
}

/// What is denied where no rule allows it.
#[expect(clippy::enum_variant_names, reason = "the words are KubeRay's")]
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NetworkPolicyMode {
    DenyAll,
    DenyAllIngress,
    DenyAllEgress,
}

/// What is allowed.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NetworkPolicyRules {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) egress_rules: Option<Vec<NetworkPolicyEgressRule>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ingress_rules: Option<Vec<NetworkPolicyIngressRule>>,
}

/// What is allowed for one group of workers.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WorkerGroupNetworkPolicy {
    pub(crate) group_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) egress_rules: Option<Vec<NetworkPolicyEgressRule>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ingress_rules: Option<Vec<NetworkPolicyIngressRule>>,
}
