//! What a report says of the host cluster.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The host cluster of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HostReport {
    /// `local`, `kind` or `kubeconfig`.
    pub kind: String,
    /// `simulated` or `real`.
    pub nodes: String,
    /// How many nodes.
    pub node_count: u32,
    /// Seconds that a simulated node lets pass before a pod without a program is Ready; null for real nodes.
    pub node_ready_delay_seconds: Option<f64>,
    /// How pods are kept apart: `containers`, or where they run as processes `namespaces` or `none`.
    pub pod_isolation: String,
    /// The versions of what the host runs, by program, where they are not those of the run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<String, String>,
    /// What this host cannot show, a sentence each.
    pub cannot_show: Vec<String>,
    /// Each time that it was started.
    pub starts: Vec<HostStart>,
}

/// One start of the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HostStart {
    /// The round that it was made for; null where models share it.
    pub round: Option<u32>,
    /// The model that it was made for; null where models share it.
    pub model: Option<String>,
    /// Seconds from nothing to a served API.
    pub api_ready_seconds: f64,
    /// Seconds from nothing to all nodes Ready and a service account in `default`.
    pub ready_seconds: f64,
}

/// A wait that is part of figures and is nobody's to shorten.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Floor {
    /// What waits.
    pub name: String,
    /// For how long.
    pub seconds: f64,
    /// Which figures hold it.
    pub within: Vec<String>,
}
