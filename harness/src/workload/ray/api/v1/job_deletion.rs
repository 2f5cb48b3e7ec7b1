//! What becomes of a job's cluster when the job has ended.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Rules by outcome and time, or the two older fields.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    {
        "message": "legacy policies (onSuccess/onFailure) and deletionRules cannot be used together within the same deletionStrategy",
        "rule": "!((has(self.onSuccess) || has(self.onFailure)) && has(self.deletionRules))"
    },
    {
        "message": "deletionStrategy requires either BOTH onSuccess and onFailure, OR the deletionRules field (cannot be empty)",
        "rule": "((has(self.onSuccess) && has(self.onFailure)) || has(self.deletionRules))"
    }
]))]
pub(crate) struct DeletionStrategy {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minItems" = 1, "x-kubernetes-list-type" = "atomic"))]
    pub(crate) deletion_rules: Option<Vec<DeletionRule>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) on_failure: Option<DeletionPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) on_success: Option<DeletionPolicy>,
}

/// When, and what.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeletionRule {
    pub(crate) condition: DeletionCondition,
    pub(crate) policy: DeletionPolicyType,
}

/// An outcome, and how long ago it was.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    {
        "message": "JobStatus and JobDeploymentStatus cannot be used together within the same deletion condition.",
        "rule": "!(has(self.jobStatus) && has(self.jobDeploymentStatus))"
    },
    {
        "message": "the deletion condition requires either the JobStatus or the JobDeploymentStatus field.",
        "rule": "has(self.jobStatus) || has(self.jobDeploymentStatus)"
    }
]))]
pub(crate) struct DeletionCondition {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) job_deployment_status: Option<EndedDeployment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) job_status: Option<EndedJob>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = 0, "minimum" = 0))]
    pub(crate) ttl_seconds: Option<i32>,
}

/// The only deployment status a rule may name.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndedDeployment {
    Failed,
}

/// The outcomes a rule may name.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum EndedJob {
    Succeeded,
    Failed,
}

/// The older form: a policy with no condition.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeletionPolicy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) policy: Option<DeletionPolicyType>,
}

/// What is deleted.
#[expect(clippy::enum_variant_names, reason = "the words are KubeRay's")]
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeletionPolicyType {
    DeleteCluster,
    DeleteWorkers,
    DeleteSelf,
    DeleteNone,
}
