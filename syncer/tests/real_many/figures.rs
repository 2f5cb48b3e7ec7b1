//! Times, and what is said of them.

use std::time::Duration;

use serde_json::{Value, json};

/// Some times, in milliseconds.
#[derive(Default)]
pub(crate) struct Figures(Vec<f64>);

impl Figures {
    pub(crate) fn add(&mut self, took: Duration) {
        self.0.push(took.as_secs_f64() * 1000.0);
    }

    fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64
    }

    fn worst(&self) -> f64 {
        self.0.iter().copied().fold(0.0, f64::max)
    }

    /// Half the width of the interval that holds the mean with 95 %.
    fn doubt(&self) -> f64 {
        let (n, mean) = (self.0.len() as f64, self.mean());
        let variance = self.0.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (n - 1.0);
        1.96 * (variance / n).sqrt()
    }

    /// Nearest rank.
    fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let rank = (share * sorted.len() as f64).ceil() as usize;
        sorted[rank.clamp(1, sorted.len()) - 1]
    }

    /// In JSON.
    pub(crate) fn told(&self) -> Value {
        let rounded = |time: f64| (time * 10.0).round() / 10.0;
        json!({
            "n": self.0.len(), "mean": rounded(self.mean()), "mean_95": rounded(self.doubt()),
            "p50": rounded(self.quantile(0.5)), "p90": rounded(self.quantile(0.9)), "worst": rounded(self.worst()),
        })
    }
}

/// How many times as long the second ones are: in the mean, and at worst.
pub(crate) fn ratios(first: &Figures, second: &Figures) -> Value {
    let rounded = |ratio: f64| (ratio * 100.0).round() / 100.0;
    json!({
        "mean": rounded(second.mean() / first.mean()), "worst": rounded(second.worst() / first.worst()),
    })
}
