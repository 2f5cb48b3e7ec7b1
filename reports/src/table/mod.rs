//! The report as a table for people: a column per model, a ratio, and below it what is needed to judge the figures.

mod below;
mod checks;
mod grid;
mod head;
mod paint;
mod parts;
mod stacked;
mod value;
mod wrap;

#[cfg(test)]
mod tests;

use crate::Report;
use paint::Paint;

/// How a table is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableOptions {
    /// Columns of the terminal. Where models do not fit side by side they stand one below the other.
    pub width: usize,
    /// Whether to colour; a stream that is no terminal may also strip the colours.
    pub colour: bool,
}

impl Default for TableOptions {
    fn default() -> Self {
        Self { width: 80, colour: false }
    }
}

/// Draws a report, with a newline at its end.
#[must_use]
pub fn table(report: &Report, options: TableOptions) -> String {
    let paint = Paint(options.colour);
    // Narrower than this nothing can be read; the terminal may wrap it.
    let width = options.width.max(30);
    let figures = grid::grid(report, width, paint).unwrap_or_else(|| stacked::stacked(report, paint));
    let checks = checks::checks(report, width, paint);
    let parts = [head::head(report, width, paint), figures, checks, below::below(report, width, paint)];
    let parts: Vec<&str> = parts.iter().map(|part| part.trim_end()).filter(|part| !part.is_empty()).collect();
    parts.join("\n\n") + "\n"
}
