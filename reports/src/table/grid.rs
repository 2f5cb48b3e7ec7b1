//! Models side by side.

use tabled::{
    builder::Builder,
    settings::{Alignment, Padding, Style, formatting::AlignmentStrategy, object::Columns},
};

use super::{paint::Paint, parts, value};
use crate::{
    Group, Metric, Report, Unit,
    report::{Figures, MetricReport, ModelReport},
};

/// A model's name longer than this is broken at its first dash.
const LONG_NAME: usize = 14;

/// The figures with a column per model; none where they do not fit the width.
pub(super) fn grid(report: &Report, width: usize, paint: Paint) -> Option<String> {
    let drawn = draw(report, paint);
    let fits = drawn.lines().all(|line| visible_width(line) <= width);
    fits.then_some(drawn)
}

fn draw(report: &Report, paint: Paint) -> String {
    let has_ratio = !report.ratios.is_empty();
    let mut builder = Builder::default();
    builder.push_record(row(
        "",
        report.models.keys().map(|name| heading(name, paint)),
        has_ratio.then(|| "ratio".to_owned()),
    ));
    builder.push_record(row("outcome", models(report, |model| paint.outcome(model.outcome)), None));
    let mut last_group = None;
    for name in shown(report) {
        let group = place_of(name).0;
        if last_group != Some(group) {
            builder.push_record(row(&paint.heading(group.title()), std::iter::empty(), None));
            last_group = Some(group);
        }
        for cells in metric_rows(report, name, paint) {
            builder.push_record(cells);
        }
    }
    builder.push_record(row(
        &paint.heading("left behind"),
        models(report, |model| leftovers(model, paint)),
        None,
    ));
    let mut table = builder.build();
    table
        .with(Style::empty())
        .with(Padding::new(0, 2, 0, 0))
        .with(AlignmentStrategy::PerLine)
        .modify(Columns::new(1..), Alignment::right());
    let text = table.to_string();
    underline(text.lines().map(str::trim_end), heading_lines(report))
}

/// The rows of a metric: one of all values and one by the servers' clocks, or one for each subject.
fn metric_rows(report: &Report, name: &str, paint: Paint) -> Vec<Vec<String>> {
    let title = format!("  {}", place_of(name).1);
    let subjects = parts::subjects(report, name);
    if !subjects.is_empty() {
        let of = |subject: &str| {
            let cells = models(report, |model| {
                let metric = &model.metrics[name];
                cell(metric.unit, metric.by_subject.get(subject), paint)
            });
            row(&parts::title(subject), cells, None)
        };
        let heading = row(&title, std::iter::empty(), None);
        return std::iter::once(heading).chain(subjects.into_iter().map(of)).collect();
    }
    let cells = models(report, |model| {
        let metric = &model.metrics[name];
        cell(metric.unit, Some(&metric.figures), paint)
    });
    let mut rows = vec![row(&title, cells, report.ratios.get(name).map(value::ratio))];
    if report.models.values().any(|model| model.metrics[name].server.is_some()) {
        let title = paint.quiet("    by server clock");
        rows.push(row(&title, models(report, |model| server(&model.metrics[name], paint)), None));
    }
    rows
}

/// Puts a line below the models' names, as long as the longest line.
fn underline<'a>(lines: impl Iterator<Item = &'a str> + Clone, after: usize) -> String {
    let width = lines.clone().map(visible_width).max().unwrap_or_default();
    let mut lines: Vec<String> = lines.map(|line| format!("{line}\n")).collect();
    lines.insert(after.min(lines.len()), "─".repeat(width) + "\n");
    lines.concat()
}

fn heading_lines(report: &Report) -> usize {
    report.models.keys().map(|name| heading(name, Paint(false)).lines().count()).max().unwrap_or(1)
}

/// Columns on the terminal, without colours.
fn visible_width(line: &str) -> usize {
    tabled::grid::util::string::get_text_width(line)
}

fn row(title: &str, cells: impl Iterator<Item = String>, ratio: Option<String>) -> Vec<String> {
    std::iter::once(title.to_owned()).chain(cells).chain(ratio).collect()
}

fn models<'a>(
    report: &'a Report,
    cell: impl Fn(&'a ModelReport) -> String + 'a,
) -> impl Iterator<Item = String> + 'a {
    report.models.values().map(cell)
}

/// The metrics that have rows: some model has a value, and not of too many things. What is said of the others stands
/// below.
pub(super) fn shown(report: &Report) -> impl Iterator<Item = &str> {
    let names = report.models.values().next().into_iter().flat_map(|model| model.metrics.keys());
    names.map(String::as_str).filter(|&name| {
        let is_there = report.models.values().any(|model| model.metrics[name].figures.n > 0);
        is_there && parts::too_many(report, name).is_none()
    })
}

/// Group and row title of a metric.
pub(super) fn place_of(name: &str) -> (Group, &str) {
    Metric::find(name).map_or((Group::Other, name), |info| (info.group, info.title))
}

fn heading(name: &str, paint: Paint) -> String {
    let broken = if name.len() > LONG_NAME { name.replacen('-', "-\n", 1) } else { name.to_owned() };
    broken.lines().map(|line| paint.heading(line)).collect::<Vec<_>>().join("\n")
}

fn cell(unit: Unit, figures: Option<&Figures>, paint: Paint) -> String {
    let median = figures.and_then(|figures| value::median(unit, figures));
    let spread = figures.and_then(|figures| value::spread(unit, figures));
    match (median, spread) {
        (Some(median), Some(spread)) => format!("{median}\n{}", paint.quiet(spread)),
        (Some(median), None) => median,
        (None, _) => paint.quiet("-"),
    }
}

fn server(metric: &MetricReport, paint: Paint) -> String {
    metric
        .server
        .as_ref()
        .map(|server| paint.quiet(value::figure(Unit::Seconds, server.p50)))
        .unwrap_or_default()
}

/// `leaks 0` over `by design 5`.
pub(super) fn leftovers(model: &ModelReport, paint: Paint) -> String {
    let (leaks, by_design) = (model.leftovers.leaks.len(), model.leftovers.by_design.len());
    let line = format!("leaks {leaks}");
    let leaks = if leaks == 0 { paint.good(line) } else { paint.bad(line) };
    format!("{leaks}\nby design {by_design}")
}
