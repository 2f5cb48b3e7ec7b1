//! The report: one document of a published schema. Everything that a reader needs to judge the figures is in it.

mod figures;
mod host;
mod metric;
mod model;

use std::collections::BTreeMap;

use indexmap::IndexMap;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use figures::{Figures, Interval};
pub use host::{Floor, HostReport, HostStart};
pub use metric::{AbsentRound, MetricReport, ServerClock};
pub use model::{ByDesign, CheckReport, Leak, Leftovers, ModelReport, RoundReport};

use crate::{Machine, Validity};

/// The name and version of the schema that documents of this type follow.
pub const SCHEMA: &str = "tenantbench.dev/report/v1";

/// Everything about one run: what was asked, where it ran, what came out and whether to trust it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "tenantbench report")]
pub struct Report {
    /// Always `tenantbench.dev/report/v1`.
    #[schemars(schema_with = "schema_name")]
    pub schema: String,
    /// The run's id, also the name of its folder.
    pub run: String,
    /// The scenario's name.
    pub scenario: String,
    /// The scenario's parameters as resolved.
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// When the run began.
    #[schemars(with = "String")]
    pub started: Timestamp,
    /// When it ended, or when its last record was written.
    #[schemars(with = "String")]
    pub ended: Timestamp,
    /// True where every asked-for round was run to its end, whatever its outcome.
    pub complete: bool,
    /// Why it is not complete.
    pub stopped: Option<String>,
    /// The process's exit code; null where the run was cut off.
    pub exit_code: Option<u8>,
    /// How many rounds of each model were asked for.
    pub rounds: u32,
    /// The seed of the order in which models took their turns.
    pub seed: u64,
    /// The command line.
    pub command: Vec<String>,
    /// The machine it ran on.
    pub machine: Machine,
    /// The host cluster; null where none came up.
    pub host: Option<HostReport>,
    /// Versions by component.
    pub versions: BTreeMap<String, String>,
    /// Doubts and cleared doubts about the figures.
    pub validity: Vec<Validity>,
    /// What came out, by model, in the order asked for.
    #[schemars(with = "BTreeMap<String, ModelReport>")]
    pub models: IndexMap<String, ModelReport>,
    /// The last model's median over that of the first model that has one, by metric.
    #[schemars(with = "BTreeMap<String, Ratio>")]
    pub ratios: IndexMap<String, Ratio>,
    /// Waits that are in the figures and that no model can go below.
    pub floors: Vec<Floor>,
    /// Lines for the reader.
    pub notes: Vec<String>,
}

/// How much more one model takes than another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ratio {
    /// The model above the line.
    pub model: String,
    /// The model below the line.
    pub baseline: String,
    /// Median over median.
    pub value: f64,
    /// True where a time-out cut the upper figure short, so that the ratio is at least this.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_least: bool,
}

impl Report {
    /// The document as indented JSON with a newline at its end.
    ///
    /// # Errors
    /// Where a figure is not a JSON number, which a fold never makes.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// True where no doubt stands.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.validity.iter().all(|validity| validity.ok)
    }

    /// How many leaks all models left.
    #[must_use]
    pub fn leaks(&self) -> usize {
        self.models.values().map(|model| model.leftovers.leaks.len()).sum()
    }
}

fn schema_name(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "string", "const": SCHEMA })
}
