use prometheus_parse::{LineInfo, Scrape, Value};

use super::*;

/// Metrics of which each has been used once.
fn used() -> Metrics {
    let metrics = Metrics::default();
    let (popped, kind, side) = (Instant::now(), Kind::Pod, Side::Tenant);
    metrics.turn(&Turn {
        kind,
        news: Some((side, popped - Duration::from_millis(3))),
        first: true,
        popped,
        done: popped + Duration::from_millis(10),
        waited: Duration::from_millis(7),
        ended: Ended::Done,
    });
    let path = "/api/v1/namespaces/secret-namespace/pods/secret-name/status";
    let (verb, outcome, took) = (Verb::Patch, Outcome::Throttled, Duration::from_millis(4));
    metrics.call(&Call { side, verb, path, outcome, took, sent: 100, received: 2000 });
    metrics.listing(side, kind);
    metrics.answered(side, kind, 7, popped);
    metrics.shown(side, kind, 7, 500);
    metrics.interrupted(side, kind);
    metrics.refused(kind);
    metrics.event_dropped();
    metrics.tokens_minted(2);
    metrics.tenant_ready("a", true);
    metrics.watched_together(kind, Some(true));
    metrics.lists_again(kind, Loss::Gap);
    metrics
}

/// Reads a scrape, and complains of each line that is not of the format.
fn read(text: &str) -> Scrape {
    for line in text.lines().filter(|line| !line.starts_with("# UNIT ") && *line != "# EOF") {
        assert!(!matches!(LineInfo::parse(line), LineInfo::Ignored | LineInfo::Empty), "{line:?}");
    }
    assert!(text.ends_with("\n# EOF\n"), "{text}");
    Scrape::parse(text.lines().map(|line| Ok(line.to_owned()))).expect("a scrape")
}

fn sample<'a>(scrape: &'a Scrape, metric: &str, labels: &[(&str, &str)]) -> &'a Value {
    let is_it = |sample: &&prometheus_parse::Sample| {
        sample.metric == metric && labels.iter().all(|(key, value)| sample.labels.get(key) == Some(*value))
    };
    let found: Vec<_> = scrape.samples.iter().filter(is_it).collect();
    assert_eq!(found.len(), 1, "{metric} {labels:?} in {:#?}", scrape.samples);
    &found[0].value
}

#[test]
fn a_scrape_is_read_by_another_parser() {
    let scrape = read(&used().text());
    let labels =
        [("side", "tenant"), ("resource", "pods/status"), ("verb", "patch"), ("outcome", "throttled")];
    assert_eq!(*sample(&scrape, "tenantbench_syncer_requests_total", &labels), Value::Untyped(1.0));
    let moved = [("side", "tenant"), ("by", "request")];
    assert_eq!(*sample(&scrape, "tenantbench_syncer_received_bytes_total", &moved), Value::Untyped(2000.0));
    let stage = [("kind", "Pod"), ("direction", "down"), ("stage", "decided")];
    let Value::Histogram(buckets) = sample(&scrape, "tenantbench_syncer_stage_duration_seconds", &stage)
    else {
        panic!("no histogram");
    };
    // Ten milliseconds less the seven that were waited for.
    let below = |bound: f64| {
        buckets.iter().filter(|bucket| bucket.less_than < bound).all(|bucket| bucket.count == 0.0)
    };
    assert!(below(0.003), "{buckets:?}");
    assert!(
        buckets.iter().filter(|bucket| bucket.less_than >= 0.0032).all(|bucket| bucket.count == 1.0),
        "{buckets:?}"
    );
    let Value::Gauge(memory) = sample(&scrape, "process_resident_memory_bytes", &[]) else {
        panic!("no gauge")
    };
    assert!(*memory > 1e6 && *memory < 1e11, "{memory}");
}

#[test]
fn no_objects_name_becomes_a_label() {
    let text = used().text();
    assert!(!text.contains("secret-name"), "{text}");
}

#[test]
fn news_that_asked_for_nothing_are_not_timed_as_a_whole() {
    let metrics = Metrics::default();
    let now = Instant::now();
    let news = Some((Side::Host, now));
    let (kind, waited) = (Kind::Service, Duration::ZERO);
    metrics.turn(&Turn { kind, news, first: true, popped: now, done: now, waited, ended: Ended::Idle });
    let text = metrics.text();
    assert!(text.contains(r#"tenantbench_syncer_turns_total{kind="Service",result="idle"} 1"#), "{text}");
    assert!(!text.contains("sync_duration"), "{text}");
    assert!(!text.contains("answered"), "{text}");
}

/// The name of every metric, as it is shown.
pub(crate) fn names() -> Vec<String> {
    let text = used().text();
    let families = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let shown = families.filter_map(|line| line.split_once(' ')).map(|(name, kind)| match kind {
        "counter" => format!("{name}_total"),
        "info" => format!("{name}_info"),
        _ => name.to_owned(),
    });
    shown.chain(state::names().into_iter().map(|name| format!("{PREFIX}_{name}"))).collect()
}
