//! What is needed to judge the figures.

use indexmap::IndexMap;

use super::{grid::place_of, paint::Paint, parts, value, wrap::wrap};
use crate::{Report, Unit, Validity, report::ModelReport};

/// Everything below the figures, a paragraph per subject.
pub(super) fn below(report: &Report, width: usize, paint: Paint) -> String {
    let page = Page { width, paint };
    let models = || report.models.iter().map(|(name, model)| (name.as_str(), model));
    let mut lines = vec![page.legend(report)];
    lines.extend(models().flat_map(|model| page.outcome(model)));
    lines.extend(models().flat_map(|model| page.absent(model)));
    lines.extend(page.too_many_parts(report));
    lines.extend(models().flat_map(|model| page.leaks(model)));
    lines.extend(models().flat_map(|model| page.by_design(model)));
    lines.extend(page.validity(report));
    lines.extend(report.floors.iter().map(|floor| {
        page.item("floor", &format!("{}, {}", value::figure(Unit::Seconds, floor.seconds), floor.name))
    }));
    let cannot_show = report.host.iter().flat_map(|host| &host.cannot_show);
    lines.extend(cannot_show.map(|line| page.item("not shown by this host", line)));
    lines.extend(report.notes.iter().map(|note| page.item("note", note)));
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

/// So many metrics are named in one line.
const FEW: usize = 5;

#[derive(Clone, Copy)]
struct Page {
    width: usize,
    paint: Paint,
}

impl Page {
    fn item(self, title: &str, text: &str) -> String {
        let line = wrap(&format!("{title}: {text}"), self.width, 2);
        match line.strip_prefix(title) {
            Some(rest) => self.paint.heading(title) + rest,
            None => line,
        }
    }

    /// What the cells mean, as far as this report has such cells.
    fn legend(self, report: &Report) -> String {
        let metrics = report.models.values().flat_map(|model| model.metrics.values());
        let mut figures =
            metrics.flat_map(|metric| std::iter::once(&metric.figures).chain(metric.by_subject.values()));
        let several = figures.any(|figures| figures.p50.is_some() && figures.n > 1);
        let spread = if several { ", with range and n where there are several values" } else { "" };
        let mut baselines: IndexMap<(&str, &str), Vec<&str>> = IndexMap::new();
        for (metric, ratio) in &report.ratios {
            baselines.entry((&ratio.model, &ratio.baseline)).or_default().push(place_of(metric).1);
        }
        let ratios = baselines.iter().enumerate().map(|(index, ((model, baseline), metrics))| match index {
            0 => format!(" Ratio: {model} ÷ {baseline}"),
            _ => format!("; {model} ÷ {baseline} for {}", metrics.join(", ")),
        });
        let ratios: String = ratios.collect();
        let end = if ratios.is_empty() { "" } else { "." };
        wrap(&format!("Medians{spread}.{ratios}{end}"), self.width, 0)
    }

    fn outcome(self, (name, model): (&str, &ModelReport)) -> Vec<String> {
        let refused = model.refused.iter().map(|refusal| {
            let text = format!("{} of {}: “{}”", refusal.verb, refusal.object, refusal.message);
            self.item(&format!("{name} refused"), &text)
        });
        let failed = model.error.iter().map(|error| self.item(&format!("{name} failed"), error));
        refused.chain(failed).collect()
    }

    /// The reasons for empty cells, each once. Where many share one, the JSON has their names.
    fn absent(self, (name, model): (&str, &ModelReport)) -> Vec<String> {
        let mut reasons: IndexMap<&str, Vec<&str>> = IndexMap::new();
        for (metric, figures) in &model.metrics {
            if let Some(reason) = &figures.reason {
                reasons.entry(reason).or_default().push(place_of(metric).1);
            }
        }
        let line = |(reason, metrics): (&&str, &Vec<&str>)| {
            let which =
                if metrics.len() > FEW { format!("{} figures", metrics.len()) } else { metrics.join(", ") };
            self.item(&format!("{name} lacks"), &format!("{which} ({reason})"))
        };
        reasons.iter().map(line).collect()
    }

    /// The metrics that are of more things than there can be rows.
    fn too_many_parts(self, report: &Report) -> Vec<String> {
        let names = report.models.values().next().into_iter().flat_map(|model| model.metrics.keys());
        let line = |name: &String| {
            let (title, parts) = (place_of(name).1, parts::too_many(report, name)?);
            let text = format!("{title} ({parts} figures): `--format json` has them");
            Some(self.item("not in this table", &text))
        };
        names.filter_map(line).collect()
    }

    fn leaks(self, (name, model): (&str, &ModelReport)) -> Vec<String> {
        let leaks = &model.leftovers.leaks;
        leaks
            .iter()
            .map(|leak| self.paint.bad(self.plain(&format!("LEAK in {name}: {} {}", leak.kind, leak.name))))
            .collect()
    }

    /// By-design leftovers by reason. Where many share one, the JSON has the rest of their names.
    fn by_design(self, (name, model): (&str, &ModelReport)) -> Vec<String> {
        let mut reasons: IndexMap<&str, Vec<&str>> = IndexMap::new();
        for kept in &model.leftovers.by_design {
            reasons.entry(&kept.reason).or_default().push(&kept.name);
        }
        reasons
            .iter()
            .map(|(reason, names)| {
                let rest = names.len().saturating_sub(FEW);
                let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
                let few = names.iter().take(FEW).copied().collect::<Vec<_>>().join(", ");
                self.item(&format!("{name} left by design"), &format!("{few}{more} ({reason})"))
            })
            .collect()
    }

    fn validity(self, report: &Report) -> Vec<String> {
        let doubts: Vec<String> = report
            .validity
            .iter()
            .filter(|validity| !validity.ok && validity.check != "complete") // which the head says
            .map(|validity| {
                self.paint.doubt(self.plain(&format!("DOUBT {}: {}", validity.check, validity.detail)))
            })
            .collect();
        if report.is_valid() {
            return vec![self.item("valid", &format!("no doubt ({})", checks(&report.validity).join(", ")))];
        }
        doubts
    }

    fn plain(self, text: &str) -> String {
        wrap(text, self.width, 2)
    }
}

/// Each check once, and how often it was made.
fn checks(validity: &[Validity]) -> Vec<String> {
    let mut made: IndexMap<&str, usize> = IndexMap::new();
    for Validity { check, .. } in validity {
        *made.entry(check).or_default() += 1;
    }
    made.into_iter()
        .map(|(check, times)| if times == 1 { check.to_owned() } else { format!("{check} {times} times") })
        .collect()
}
