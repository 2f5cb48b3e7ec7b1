//! Models one below the other, for narrow terminals.

use super::{
    grid::{leftovers, place_of},
    paint::Paint,
    parts, value,
};
use crate::{
    Report, Unit,
    report::{Figures, ModelReport},
};

/// A block per model, then the ratios.
pub(super) fn stacked(report: &Report, paint: Paint) -> String {
    let mut blocks: Vec<String> =
        report.models.iter().map(|(name, model)| block(report, name, model, paint)).collect();
    if !report.ratios.is_empty() {
        let mut lines = vec![paint.heading("ratio")];
        let ratios = report.ratios.iter();
        lines.extend(ratios.map(|(name, ratio)| format!("  {}: {}", place_of(name).1, value::ratio(ratio))));
        blocks.push(lines.join("\n"));
    }
    blocks.join("\n\n")
}

fn block(report: &Report, name: &str, model: &ModelReport, paint: Paint) -> String {
    let mut lines = vec![format!("{}: {}", paint.heading(name), paint.outcome(model.outcome))];
    for (name, metric) in &model.metrics {
        let title = place_of(name).1;
        if !metric.by_subject.is_empty() && parts::too_many(report, name).is_none() {
            lines.push(format!("  {title}"));
            for (subject, figures) in &metric.by_subject {
                lines.extend(figure("    ", subject, metric.unit, figures, paint));
            }
        }
        lines.extend(figure("  ", title, metric.unit, &metric.figures, paint));
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

/// The median, and below it the range; nothing where there is no median.
fn figure(indent: &str, title: &str, unit: Unit, figures: &Figures, paint: Paint) -> Vec<String> {
    let median = value::median(unit, figures).map(|median| format!("{indent}{title}: {median}"));
    let spread = value::spread(unit, figures).map(|spread| format!("{indent}  {}", paint.quiet(spread)));
    median.into_iter().chain(spread).collect()
}
