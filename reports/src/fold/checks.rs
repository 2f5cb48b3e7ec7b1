//! Doubts that the record itself raises, beside those that the run recorded.

use crate::{Metric, Report, Unit, Validity, report::ModelReport};

/// The two clocks may differ by this share of a latency before the latency is in doubt.
const LAG_SHARE: f64 = 0.10;

/// Nor is a difference below this one a doubt, in seconds: a server stamps its answer, which a watch can overtake by
/// some milliseconds on a busy machine.
const LAG_SECONDS: f64 = 0.025;

/// The doubts that can be told from the report alone.
pub(super) fn checks(report: &Report) -> Vec<Validity> {
    let mut found = vec![complete(report)];
    let models = || report.models.iter().map(|(name, model)| (name.as_str(), model));
    found.extend(models().flat_map(negative));
    found.extend(models().flat_map(censored));
    found.extend(models().flat_map(lagging));
    found
}

fn complete(report: &Report) -> Validity {
    let detail = report.stopped.clone().unwrap_or_else(|| "every round came to its end".to_owned());
    Validity { check: "complete".to_owned(), ok: report.complete, detail }
}

/// A negative latency is shown and never clamped. By more than two watches can differ in their lag it means that the
/// method is broken. A watch's lag itself is no latency: it is taken from a stamp of the server's answer, and the watch
/// may show the change before that is sent.
fn negative((name, model): (&str, &ModelReport)) -> Vec<Validity> {
    seconds(model)
        .filter(|(name, metric)| {
            *name != Metric::WatchLag.name() && metric.values.iter().any(|&value| value < -LAG_SECONDS)
        })
        .map(|(metric, _)| doubt("negative", format!("{name}: {metric} has values below zero")))
        .collect()
}

fn censored((name, model): (&str, &ModelReport)) -> Vec<Validity> {
    seconds(model)
        .filter(|(_, metric)| metric.figures.censored > 0)
        .map(|(title, metric)| {
            let (cut, n) = (metric.figures.censored, metric.figures.n);
            doubt("time-outs", format!("{name}: {cut} of {n} values of {title} are time-outs"))
        })
        .collect()
}

fn lagging((name, model): (&str, &ModelReport)) -> Vec<Validity> {
    seconds(model)
        .filter_map(|(title, metric)| {
            let (client, server) = (metric.figures.p50?, metric.server.as_ref()?.p50);
            let difference = (client - server).abs();
            let share = difference / client;
            (share > LAG_SHARE && difference > LAG_SECONDS).then(|| {
                let detail = format!(
                    "{name}: the two clocks differ by {:.0} % of the median of {title}",
                    share * 100.0
                );
                doubt("watch-lag", detail)
            })
        })
        .collect()
}

fn seconds(model: &ModelReport) -> impl Iterator<Item = (&String, &crate::report::MetricReport)> {
    model.metrics.iter().filter(|(_, metric)| metric.unit == Unit::Seconds)
}

fn doubt(check: &str, detail: String) -> Validity {
    Validity { check: check.to_owned(), ok: false, detail }
}
