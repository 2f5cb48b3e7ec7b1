//! What a report says of one metric of one model.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Unit,
    stats::{Figure, Observation, Quantile, Sorted},
};

/// The ends of a two-sided, distribution-free 95 % interval.
pub type Interval = [f64; 2];

/// The values of a metric and what they come to. All values are in `unit`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricReport {
    /// What the values are counted in.
    pub unit: Unit,
    /// How many values there are.
    pub n: usize,
    /// The values in the order in which they were measured; latencies by the client's monotonic clock.
    pub values: Vec<f64>,
    /// The round of each value.
    pub rounds: Vec<u32>,
    /// What each value is of; empty where a round gives one value only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Option<String>>,
    /// The median; null where there is no value.
    pub p50: Option<f64>,
    /// The smallest value; null where there is none.
    pub min: Option<f64>,
    /// The largest value; null where there is none.
    pub max: Option<f64>,
    /// 95 % interval of the median: from 6 values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50_interval: Option<Interval>,
    /// From 36 values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p90: Option<f64>,
    /// 95 % interval of p90: from 36 values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p90_interval: Option<Interval>,
    /// From 368 values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
    /// 95 % interval of p99: from 368 values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99_interval: Option<Interval>,
    /// How many values a time-out cut short.
    pub censored: usize,
    /// The figures above that are lower bounds because of such values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub at_least: Vec<String>,
    /// The same latencies by the API servers' audit stamps; null where no value has both ends stamped.
    pub server: Option<ServerClock>,
    /// Why there is no value at all; null where there is one.
    pub reason: Option<String>,
    /// The rounds without a value, and why.
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

/// A round that gave no value.
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

    /// Figures are set only here, so that they always agree with the observations.
    pub(crate) fn set_figures(&mut self, observations: Vec<Observation>) {
        let Some(sorted) = Sorted::new(observations) else { return };
        let mut at_least = Vec::new();
        let mut keep = |name: &str, figure: Figure| {
            if figure.at_least {
                at_least.push(name.to_owned());
            }
            figure.value
        };
        self.n = sorted.n();
        self.min = Some(keep("min", sorted.min()));
        self.p50 = Some(keep("p50", sorted.median()));
        self.max = Some(keep("max", sorted.max()));
        self.p90 = sorted.quantile(Quantile::P90).map(|figure| keep("p90", figure));
        self.p99 = sorted.quantile(Quantile::P99).map(|figure| keep("p99", figure));
        let mut ends =
            |name: &str, quantile| sorted.interval(quantile).map(|(low, high)| [low.value, keep(name, high)]);
        self.p50_interval = ends("p50_interval", Quantile::P50);
        self.p90_interval = ends("p90_interval", Quantile::P90);
        self.p99_interval = ends("p99_interval", Quantile::P99);
        self.at_least = at_least;
    }

    pub(crate) fn empty(unit: Unit) -> Self {
        Self {
            unit,
            n: 0,
            values: Vec::new(),
            rounds: Vec::new(),
            subjects: Vec::new(),
            p50: None,
            min: None,
            max: None,
            p50_interval: None,
            p90: None,
            p90_interval: None,
            p99: None,
            p99_interval: None,
            censored: 0,
            at_least: Vec::new(),
            server: None,
            reason: None,
            absent: Vec::new(),
        }
    }

    /// Whether a figure of this metric, by its field's name, is a lower bound.
    #[must_use]
    pub fn is_at_least(&self, figure: &str) -> bool {
        self.at_least.iter().any(|name| name == figure)
    }
}
