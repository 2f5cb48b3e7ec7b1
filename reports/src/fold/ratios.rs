//! How the last model compares with the first that has a figure.

use indexmap::IndexMap;

use crate::report::{ModelReport, Ratio};

/// The last model's median over that of the first model that has one, for each metric that both have.
pub(super) fn ratios(models: &IndexMap<String, ModelReport>) -> IndexMap<String, Ratio> {
    let Some((model, last)) = models.last() else { return IndexMap::new() };
    let baselines = || models.iter().take(models.len() - 1);
    last.metrics
        .iter()
        .filter_map(|(name, metric)| {
            // Of growth that turned out to be none, no ratio means anything.
            let above = metric.figures.p50.filter(|&median| median > 0.0)?;
            let (baseline, below) = baselines().find_map(|(baseline, report)| {
                Some((baseline, &report.metrics.get(name)?.figures)).filter(|(_, figures)| figures.n > 0)
            })?;
            let value = above / below.p50.filter(|&median| median > 0.0)?;
            // Over a lower bound nothing can be said.
            (!below.is_at_least("p50")).then(|| {
                let ratio = Ratio {
                    model: model.clone(),
                    baseline: baseline.clone(),
                    value,
                    at_least: metric.figures.is_at_least("p50"),
                };
                (name.clone(), ratio)
            })
        })
        .collect()
}
