//! What a fold must hold whatever it is fed.

mod by_part;
mod clocks;
mod wrong_rounds;

use proptest::prelude::*;

use super::*;
use crate::{
    Outcome, Sample,
    fixture::{self, finished, sample, stamp, whole_run},
    report::ModelReport,
};

fn run(events: Vec<Event>) -> Report {
    let head = Event::RunStarted(RunStarted { metrics: Vec::new(), rounds: 1, ..fixture::head() });
    fold(&stamp(std::iter::once(head).chain(events).collect())).unwrap()
}

fn metric(model: &ModelReport, metric: Metric) -> &crate::report::MetricReport {
    &model.metrics[metric.name()]
}

#[test]
fn a_whole_run_is_complete_and_valid() {
    let report = fold(&whole_run()).unwrap();
    assert!(report.complete && report.is_valid(), "{:#?}", report.validity);
    assert_eq!(report.exit_code, Some(0));
    assert_eq!(report.models.keys().collect::<Vec<_>>(), fixture::MODELS.iter().collect::<Vec<_>>());
    let outcomes: Vec<_> = report.models.values().map(|model| model.outcome).collect();
    assert_eq!(outcomes, [Outcome::Refused, Outcome::Ok, Outcome::Ok]);
    assert_eq!(report.host.as_ref().unwrap().starts.len(), 3);
    assert_eq!(report.leaks(), 0);
}

#[test]
fn nothing_is_not_a_run() {
    assert_eq!(fold(&[]), Err(FoldError::Headless));
    assert_eq!(fold(&whole_run()[1..]), Err(FoldError::Headless));
}

#[test]
fn every_metric_stands_in_every_model_with_a_value_or_a_reason() {
    let report = fold(&whole_run()).unwrap();
    for (name, model) in &report.models {
        assert_eq!(model.metrics.len(), Metric::ALL.len(), "{name}");
        for (title, metric) in &model.metrics {
            let has_figure = metric.figures.p50.is_some() || !metric.by_subject.is_empty();
            assert_eq!(metric.figures.n == 0, metric.reason.is_some(), "{name} {title}");
            assert_eq!(metric.figures.n > 0, has_figure, "{name} {title}");
        }
    }
    let refused = &report.models["namespace"];
    let reason = metric(refused, Metric::WorkloadReady).reason.as_deref().unwrap();
    assert!(reason.contains("was refused"), "{reason}");
}

#[test]
fn a_leftover_of_several_rounds_is_named_once() {
    let report = fold(&whole_run()).unwrap();
    let by_design = &report.models["namespace-assisted"].leftovers.by_design;
    assert_eq!(by_design.len(), 1);
    assert_eq!(by_design[0].rounds, [1, 2]);
}

#[test]
fn the_ratio_takes_the_first_model_that_has_a_value() {
    let report = fold(&whole_run()).unwrap();
    let ratio = |metric: Metric| report.ratios.get(metric.name());
    assert_eq!(ratio(Metric::TenantReady).unwrap().baseline, "namespace");
    assert_eq!(ratio(Metric::CrdsEstablished).unwrap().baseline, "namespace-assisted");
    assert_eq!(ratio(Metric::SyncerPss), None);
}

#[test]
fn a_time_out_makes_the_figures_above_it_lower_bounds_and_raises_a_doubt() {
    let timed_out = Event::Sample(Sample {
        round: 1,
        model: "vcluster".to_owned(),
        metric: Metric::WorkloadReady.name().to_owned(),
        value: 60.0,
        server_value: None,
        censored: true,
        subject: None,
    });
    let report = run(vec![sample(1, "namespace", Metric::WorkloadReady, 2.0), timed_out]);
    let figures = &metric(&report.models["vcluster"], Metric::WorkloadReady).figures;
    assert_eq!((figures.censored, figures.is_at_least("p50")), (1, true));
    assert!(report.ratios[Metric::WorkloadReady.name()].at_least);
    assert!(report.validity.iter().any(|validity| validity.check == "time-outs" && !validity.ok));
}

#[test]
fn a_value_that_is_no_number_is_absent_with_a_reason() {
    let report = run(vec![sample(1, "vcluster", Metric::SyncerCpu, f64::NAN)]);
    let found = metric(&report.models["vcluster"], Metric::SyncerCpu);
    assert_eq!((found.figures.n, found.reason.as_deref()), (0, Some("the measured value was not a number")));
}

#[test]
fn a_failed_round_outweighs_the_good_ones_and_keeps_its_line() {
    let failed = Event::RoundFinished {
        round: 2,
        model: "vcluster".to_owned(),
        outcome: Outcome::Failed,
        error: Some("the operator's process ended with signal 9".to_owned()),
    };
    let report = run(vec![finished(1, "vcluster", Outcome::Ok), failed]);
    let model = &report.models["vcluster"];
    assert_eq!(model.outcome, Outcome::Failed);
    assert_eq!(model.error.as_deref(), Some("the operator's process ended with signal 9"));
}

proptest! {
    #[test]
    fn any_prefix_of_a_run_folds_into_a_valid_report_that_says_so(cut in 1..whole_run().len()) {
        let records = whole_run();
        let report = fold(&records[..cut]).unwrap();
        prop_assert!(!report.complete);
        prop_assert!(report.stopped.is_some());
        prop_assert_eq!(report.exit_code, None);
        prop_assert!(report.validity.iter().any(|validity| validity.check == "complete" && !validity.ok));
        crate::schema::tests::assert_valid(&report);
    }

    #[test]
    fn records_in_any_order_after_the_head_never_break_the_fold(
        rest in Just(whole_run()[1..].to_vec()).prop_shuffle(),
        kept in 0..40_usize,
    ) {
        let mut records = whole_run();
        records.truncate(1);
        records.extend(rest.into_iter().take(kept));
        let report = fold(&records).unwrap();
        crate::schema::tests::assert_valid(&report);
        let again: Report = serde_json::from_str(&report.to_json().unwrap()).unwrap();
        prop_assert_eq!(again, report);
    }
}
