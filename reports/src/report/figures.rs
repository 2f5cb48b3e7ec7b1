//! What values come to: order statistics, and intervals where there are enough of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::stats::{Figure, Observation, Quantile, Sorted};

/// The ends of a two-sided, distribution-free 95 % interval.
pub type Interval = [f64; 2];

/// What values come to, in their metric's unit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Figures {
    /// How many values there are.
    pub n: usize,
    /// The median; null where there is no value, or where values are of unlike things.
    pub p50: Option<f64>,
    /// The smallest value; null where the median is.
    pub min: Option<f64>,
    /// The largest value; null where the median is.
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
}

impl Figures {
    /// Figures are made only here, so that they always agree with the observations.
    pub(crate) fn of(observations: Vec<Observation>) -> Self {
        let counts = Self::counts(&observations);
        let Some(sorted) = Sorted::new(observations) else { return Self::default() };
        let mut at_least = Vec::new();
        let mut keep = |name: &str, figure: Figure| {
            if figure.at_least {
                at_least.push(name.to_owned());
            }
            figure.value
        };
        let mut figures = Self {
            min: Some(keep("min", sorted.min())),
            p50: Some(keep("p50", sorted.median())),
            max: Some(keep("max", sorted.max())),
            p90: sorted.quantile(Quantile::P90).map(|figure| keep("p90", figure)),
            p99: sorted.quantile(Quantile::P99).map(|figure| keep("p99", figure)),
            ..counts
        };
        let mut ends =
            |name: &str, quantile| sorted.interval(quantile).map(|(low, high)| [low.value, keep(name, high)]);
        figures.p50_interval = ends("p50_interval", Quantile::P50);
        figures.p90_interval = ends("p90_interval", Quantile::P90);
        figures.p99_interval = ends("p99_interval", Quantile::P99);
        figures.at_least = at_least;
        figures
    }

    /// Only how many there are: of unlike things nothing else can be said together.
    pub(crate) fn counts(observations: &[Observation]) -> Self {
        let censored = observations.iter().filter(|observation| observation.censored).count();
        Self { n: observations.len(), censored, ..Self::default() }
    }

    /// Whether a figure, by its field's name, is a lower bound.
    #[must_use]
    pub fn is_at_least(&self, figure: &str) -> bool {
        self.at_least.iter().any(|name| name == figure)
    }
}
