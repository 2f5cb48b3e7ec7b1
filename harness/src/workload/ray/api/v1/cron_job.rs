//! `RayCronJob`: a RayJob on a schedule.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::job::RayJobSpec;

/// What should be run, and when.
#[derive(CustomResource, Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[kube(group = "ray.io", version = "v1", kind = "RayCronJob", namespaced, schema = "disabled")]
#[kube(status = "RayCronJobStatus", category = "all", derive = "PartialEq")]
#[kube(printcolumn(name = "schedule", type_ = "string", json_path = ".spec.schedule"))]
#[kube(printcolumn(name = "timezone", type_ = "string", json_path = ".spec.timeZone"))]
#[kube(printcolumn(name = "last schedule", type_ = "date", json_path = ".status.lastScheduleTime"))]
#[kube(printcolumn(name = "age", type_ = "date", json_path = ".metadata.creationTimestamp"))]
#[kube(printcolumn(name = "suspend", type_ = "boolean", json_path = ".spec.suspend"))]
#[serde(rename_all = "camelCase")]
pub(crate) struct RayCronJobSpec {
    pub(crate) job_template: Box<RayJobSpec>,
    pub(crate) schedule: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) suspend: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minLength" = 1))]
    pub(crate) time_zone: Option<String>,
}

/// The observed state of a RayCronJob.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RayCronJobStatus {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_schedule_time: Option<Time>,
}
