//! What was put to the proof: a row for each promise, with what was seen.

use super::{paint::Paint, wrap::wrap};
use crate::{Report, report::CheckReport};

/// The rows of all models; nothing where no promise was tried.
pub(super) fn checks(report: &Report, width: usize, paint: Paint) -> String {
    let mut lines = Vec::new();
    for (name, model) in report.models.iter().filter(|(_, model)| !model.checks.is_empty()) {
        lines.push(paint.heading(format!("checks of {name}")));
        lines.extend(model.checks.iter().map(|check| row(check, width, paint)));
    }
    lines.join("\n")
}

fn row(check: &CheckReport, width: usize, paint: Paint) -> String {
    let title = format!("  {}: {}", check.name, check.verdict.words());
    let text = wrap(&format!("{}: {} ({})", check.name, check.verdict.words(), check.detail), width - 2, 4);
    // Colours come after wrapping, for they have no width.
    let text = format!("  {text}");
    match text.strip_prefix(&title) {
        Some(rest) => format!("  {}: {}{rest}", check.name, paint.verdict(check.verdict)),
        None => text,
    }
}
