//! What a report says of one model.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MetricReport;
use crate::{Outcome, Refusal, Verdict};

/// What came out for one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelReport {
    /// The worst outcome of its rounds; `failed` where no round came to its end.
    pub outcome: Outcome,
    /// The first thing that was refused; null where nothing was.
    pub refused: Option<Refusal>,
    /// Why a round failed: the first one's line.
    pub error: Option<String>,
    /// Each round that began.
    pub rounds: Vec<RoundReport>,
    /// Figures by metric; every metric of the run is here, with `n` 0 and a reason where this model has none.
    #[schemars(with = "BTreeMap<String, MetricReport>")]
    pub metrics: IndexMap<String, MetricReport>,
    /// What was put to the proof, each promise once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckReport>,
    /// What was left after its tenants were deleted.
    pub leftovers: Leftovers,
}

/// A promise that was put to the proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckReport {
    /// A stable name, such as `services-by-name`.
    pub name: String,
    /// The worst verdict of its rounds.
    pub verdict: Verdict,
    /// What was seen with that verdict first.
    pub detail: String,
    /// The rounds in which it was tried.
    pub rounds: Vec<u32>,
}

/// How one round ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoundReport {
    /// 1-based number of the round.
    pub round: u32,
    /// Null where the run ended within it.
    pub outcome: Option<Outcome>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What outlived the model's tenants, each named once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Leftovers {
    /// Left with a reason.
    pub by_design: Vec<ByDesign>,
    /// Left without one.
    pub leaks: Vec<Leak>,
}

/// Something that is meant to stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ByDesign {
    /// `object`, `process`, `port`, `file`, `container`.
    pub kind: String,
    /// Its full name.
    pub name: String,
    /// Why it stays.
    pub reason: String,
    /// The rounds in which it was found.
    pub rounds: Vec<u32>,
}

/// Something that should be gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Leak {
    /// `object`, `process`, `port`, `file`, `container`.
    pub kind: String,
    /// Its full name.
    pub name: String,
    /// The rounds in which it was found.
    pub rounds: Vec<u32>,
}
