//! What ran where.

use super::{paint::Paint, wrap::wrap};
use crate::Report;

/// Two or three lines above the figures.
pub(super) fn head(report: &Report, width: usize, paint: Paint) -> String {
    let rounds = if report.rounds == 1 { "round" } else { "rounds" };
    let what = format!(
        "{} {rounds} of {} models, seed {}, run {}",
        report.rounds,
        report.models.len(),
        report.seed,
        report.run
    );
    let mut lines =
        vec![paint.heading(&report.scenario), wrap(&what, width, 0), wrap(&place(report), width, 0)];
    if !report.parameters.is_empty() {
        let parameters: Vec<String> =
            report.parameters.iter().map(|(name, value)| format!("{name}={}", plain(value))).collect();
        lines.push(wrap(&format!("with {}", parameters.join(", ")), width, 0));
    }
    if let Some(reason) = &report.stopped {
        lines.push(paint.bad(wrap(&format!("NOT COMPLETE: {reason}"), width, 0)));
    }
    lines.join("\n")
}

fn place(report: &Report) -> String {
    let machine = &report.machine;
    let mut parts = Vec::new();
    match &report.host {
        Some(host) => {
            let nodes = if host.node_count == 1 { "node" } else { "nodes" };
            parts.push(format!("{} host, {} {} {nodes}", host.kind, host.node_count, host.nodes));
        }
        None => parts.push("no host came up".to_owned()),
    }
    if let Some(version) = report.versions.get("kubernetes") {
        parts.push(format!("Kubernetes {version}"));
    }
    parts.push(format!(
        "{} cores, load {:.1} at start, build {}",
        machine.cores, machine.load_1m, machine.build
    ));
    parts.join("; ")
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
