//! How far a host is filled with tenants.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Workload,
    action::{integer_or_parameter, seconds},
};

/// How many tenants are tried, and what they may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Fill {
    /// How many tenants at most.
    #[schemars(schema_with = "integer_or_parameter")]
    pub most: u32,
    /// Memory that they may use together, such as `4Gi`.
    #[serde(rename(serialize = "memory_bytes"))]
    #[schemars(with = "String", rename = "memory")]
    pub memory: u64,
    /// Memory of the machine that stays free, such as `4Gi`.
    #[serde(rename(serialize = "keep_free_bytes"))]
    #[schemars(with = "String", rename = "keep-free")]
    pub keep_free: u64,
    /// After which time no more tenants are added.
    #[serde(rename(serialize = "within_seconds"), serialize_with = "seconds")]
    #[schemars(with = "String", rename = "within")]
    pub within: Duration,
    /// The workload whose CRDs each tenant installs; none for bare tenants.
    #[serde(rename = "crds-of", skip_serializing_if = "Option::is_none")]
    pub crds_of: Option<Workload>,
}
