//! What a report says of one metric of one model.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Figures;
use crate::Unit;

/// The values of a metric and what they come to. All values are in `unit`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricReport {
    /// What the values are counted in.
    pub unit: Unit,
    /// What all values come to; only how many there are, where they are of unlike things.
    #[serde(flatten)]
    pub figures: Figures,
    /// What the values of each subject come to, where subjects are unlike things, such as components; else empty.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(with = "BTreeMap<String, Figures>")]
    pub by_subject: IndexMap<String, Figures>,
    /// The values in the order in which they were measured; latencies by the client's monotonic clock.
    pub values: Vec<f64>,
    /// The round of each value.
    pub rounds: Vec<u32>,
    /// What each value is of; empty where a round gives one value only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Option<String>>,
    /// The same latencies by the API servers' audit stamps; null where no value has both ends stamped.
    pub server: Option<ServerClock>,
    /// Why there is no value at all; null where there is one.
    pub reason: Option<String>,
    /// The rounds without a value, or without one that others have, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<AbsentRound>,
}

/// Latencies by the servers' own stamps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerClock {
    /// How many values have one.
    pub n: usize,
    /// One for each client value, in the same order; null where a stamp is missing.
    pub values: Vec<Option<f64>>,
    /// Their median.
    pub p50: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

/// A round that gave no value, or not all that it should.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AbsentRound {
    /// 1-based number of the round.
    pub round: u32,
    /// Why.
    pub reason: String,
}

impl MetricReport {
    /// A metric without values.
    #[must_use]
    pub fn absent(unit: Unit, reason: String, absent: Vec<AbsentRound>) -> Self {
        Self { reason: Some(reason), absent, ..Self::empty(unit) }
    }

    pub(crate) fn empty(unit: Unit) -> Self {
        Self {
            unit,
            figures: Figures::default(),
            by_subject: IndexMap::new(),
            values: Vec::new(),
            rounds: Vec::new(),
            subjects: Vec::new(),
            server: None,
            reason: None,
            absent: Vec::new(),
        }
    }
}
