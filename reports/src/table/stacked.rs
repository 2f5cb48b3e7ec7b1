//! Models one below the other, for narrow terminals.

use super::{
    grid::{leftovers, place_of},
    paint::Paint,
    value,
};
use crate::{Report, report::ModelReport};

/// A block per model, then the ratios.
pub(super) fn stacked(report: &Report, paint: Paint) -> String {
    let mut blocks: Vec<String> =
        report.models.iter().map(|(name, model)| block(name, model, paint)).collect();
    if !report.ratios.is_empty() {
        let mut lines = vec![paint.heading("ratio")];
        lines.extend(report.ratios.iter().map(|(name, ratio)| line(name, &value::ratio(ratio))));
        blocks.push(lines.join("\n"));
    }
    blocks.join("\n\n")
}

fn block(name: &str, model: &ModelReport, paint: Paint) -> String {
    let mut lines = vec![format!("{}: {}", paint.heading(name), paint.outcome(model.outcome))];
    for (name, metric) in &model.metrics {
        let Some(median) = value::median(metric) else { continue };
        lines.push(line(name, &median));
        if let Some(spread) = value::spread(metric) {
            lines.push(format!("    {}", paint.quiet(spread)));
        }
        if let Some(server) = &metric.server {
            lines.push(format!(
                "    {}",
                paint.quiet(format!("server clock {}", value::figure(metric.unit, server.p50)))
            ));
        }
    }
    lines.extend(leftovers(model, paint).lines().map(|line| format!("  {line}")));
    lines.join("\n")
}

fn line(name: &str, figure: &str) -> String {
    format!("  {}: {figure}", place_of(name).1)
}
