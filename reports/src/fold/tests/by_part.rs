//! Metrics whose subjects are unlike things.

use super::{metric, run};
use crate::{
    Event, Metric, Report,
    fixture::{part, sample},
};

/// So many rounds of two models in which different kinds of tenants fit.
fn density(rounds: u32) -> Report {
    let mut events = Vec::new();
    for round in 1..=rounds {
        for (model, bare) in [("namespace", 40.0), ("vcluster", 8.0)] {
            let bare = bare + f64::from(round);
            events.push(part(round, model, Metric::TenantsHeld, "bare", bare));
            events.push(part(round, model, Metric::TenantsHeld, "crds", bare / 2.0));
        }
    }
    run(events)
}

#[test]
fn unlike_things_have_no_figure_together_and_one_each() {
    let report = density(1);
    let held = metric(&report.models["vcluster"], Metric::TenantsHeld);
    assert_eq!((held.figures.n, &held.values), (2, &vec![9.0, 4.5]));
    let together = [held.figures.p50, held.figures.min, held.figures.max];
    assert_eq!(together, [None; 3]);
    let each: Vec<_> =
        held.by_subject.iter().map(|(subject, figures)| (subject.as_str(), figures.n, figures.p50)).collect();
    assert_eq!(each, [("bare", 1, Some(9.0)), ("crds", 1, Some(4.5))]);
    assert_eq!(held.reason, None);
}

#[test]
fn enough_rounds_give_each_its_interval_and_still_none_to_all() {
    let report = density(6);
    let held = metric(&report.models["vcluster"], Metric::TenantsHeld);
    assert_eq!((held.figures.n, held.figures.p50_interval), (12, None));
    assert_eq!(held.by_subject["bare"].p50_interval, Some([9.0, 14.0]));
}

#[test]
fn unlike_things_have_no_ratio() {
    assert!(!density(1).ratios.contains_key(Metric::TenantsHeld.name()));
}

#[test]
fn a_lower_bound_is_one_of_its_own_part_only() {
    let Event::Sample(mut cut) = part(1, "vcluster", Metric::TenantsHeld, "crds", 4.0) else {
        unreachable!()
    };
    cut.censored = true;
    let report = run(vec![part(1, "vcluster", Metric::TenantsHeld, "bare", 9.0), Event::Sample(cut)]);
    let held = metric(&report.models["vcluster"], Metric::TenantsHeld);
    assert_eq!(held.figures.censored, 1);
    assert!(held.by_subject["crds"].is_at_least("p50") && !held.by_subject["bare"].is_at_least("p50"));
}

#[test]
fn pods_are_alike_and_have_figures_together() {
    let pods = ["default/a", "default/b"].map(|pod| part(1, "vcluster", Metric::PodSyncDown, pod, 0.012));
    let report = run(pods.into());
    let found = metric(&report.models["vcluster"], Metric::PodSyncDown);
    assert_eq!((found.figures.n, found.figures.p50), (2, Some(0.012)));
    assert!(found.by_subject.is_empty());
}

#[test]
fn a_report_with_parts_follows_the_schema_and_reads_back() {
    let report = density(6);
    crate::schema::tests::assert_valid(&report);
    let text = report.to_json().unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let metrics = &document["models"]["vcluster"]["metrics"];
    assert_eq!(metrics["tenants_held"]["by_subject"]["bare"]["n"], 6);
    assert_eq!(metrics["tenants_held"]["subjects"][1], "crds");
}

#[test]
fn a_metric_of_alike_things_has_no_parts_in_its_document() {
    let report = run(vec![sample(1, "vcluster", Metric::TenantReady, 4.0)]);
    let document = serde_json::to_value(&report).unwrap();
    let found = &document["models"]["vcluster"]["metrics"]["tenant_ready_seconds"];
    assert_eq!(found["p50"], 4.0);
    assert_eq!(found["n"], 1);
    assert!(found.get("by_subject").is_none());
}
