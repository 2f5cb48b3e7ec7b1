//! Which values of a round count that was refused or failed.

use super::{metric, run};
use crate::{
    Event, Metric, Outcome,
    fixture::{finished, part, sample, whole_run},
    fold::fold,
    report::MetricReport,
};

const MODEL: &str = "vcluster";

fn failed(round: u32) -> Event {
    Event::Failed { round, model: MODEL.to_owned(), error: "the operator ended".to_owned() }
}

fn ended(round: u32) -> Event {
    let error = Some("the operator ended".to_owned());
    Event::RoundFinished { round, model: MODEL.to_owned(), outcome: Outcome::Failed, error }
}

/// The first round fails once its tenant is ready and cleans up; the second is whole.
fn one_fails() -> Vec<Event> {
    vec![
        Event::RoundStarted { round: 1, model: MODEL.to_owned() },
        sample(1, MODEL, Metric::TenantReady, 4.0),
        failed(1),
        sample(1, MODEL, Metric::TenantDeleted, 1.0),
        ended(1),
        Event::RoundStarted { round: 2, model: MODEL.to_owned() },
        sample(2, MODEL, Metric::TenantReady, 6.0),
        sample(2, MODEL, Metric::WorkloadReady, 2.0),
        sample(2, MODEL, Metric::TenantDeleted, 7.0),
        finished(2, MODEL, Outcome::Ok),
    ]
}

fn absent(metric: &MetricReport) -> Vec<(u32, &str)> {
    metric.absent.iter().map(|absent| (absent.round, absent.reason.as_str())).collect()
}

#[test]
fn what_came_before_a_refusal_counts_and_what_comes_after_it_does_not() {
    let report = fold(&whole_run()).unwrap();
    let refused = &report.models["namespace"];
    assert_eq!(metric(refused, Metric::TenantReady).figures.n, 2);
    let reason = "what a round that was refused leaves to clean up is no figure";
    for left_out in [Metric::TenantDeleted, Metric::HostGrowth, Metric::HostObjectsCreated] {
        let found = metric(refused, left_out);
        assert_eq!((found.figures.n, found.reason.as_deref()), (0, Some(reason)), "{left_out:?}");
        assert_eq!(absent(found), [(1, reason), (2, reason)], "{left_out:?}");
    }
}

#[test]
fn what_a_refused_model_cleans_up_is_no_baseline() {
    let report = fold(&whole_run()).unwrap();
    let baseline = |metric: Metric| report.ratios[metric.name()].baseline.as_str();
    assert_eq!(baseline(Metric::TenantReady), "namespace", "it was measured as in any other round");
    assert_eq!(baseline(Metric::TenantDeleted), "namespace-assisted");
    assert_eq!(baseline(Metric::HostGrowth), "namespace-assisted");
}

#[test]
fn what_came_before_a_failure_counts_and_what_comes_after_it_does_not() {
    let report = run(one_fails());
    let model = &report.models[MODEL];
    assert_eq!(metric(model, Metric::TenantReady).values, [4.0, 6.0]);
    let deleted = metric(model, Metric::TenantDeleted);
    assert_eq!((&deleted.values, &deleted.rounds), (&vec![7.0], &vec![2]));
    assert_eq!(absent(deleted), [(1, "what a round that failed leaves to clean up is no figure")]);
}

#[test]
fn a_round_that_failed_says_so_of_each_metric_that_it_did_not_reach() {
    let report = run(one_fails());
    let model = &report.models[MODEL];
    let workload = metric(model, Metric::WorkloadReady);
    assert_eq!((workload.figures.n, absent(workload)), (1, vec![(1, "not reached: the operator ended")]));
    assert!(absent(metric(model, Metric::TenantReady)).is_empty());
}

#[test]
fn a_reason_of_its_own_stands_for_a_round_that_failed() {
    let mut events = one_fails();
    let metric_name = Metric::WorkloadReady.name().to_owned();
    let reason = "no such pods".to_owned();
    events.insert(2, Event::Absent { round: 1, model: MODEL.to_owned(), metric: metric_name, reason });
    let report = run(events);
    assert_eq!(absent(metric(&report.models[MODEL], Metric::WorkloadReady)), [(1, "no such pods")]);
}

#[test]
fn a_round_in_which_the_run_was_cut_off_says_so_too() {
    let mut events = vec![Event::RoundStarted { round: 3, model: MODEL.to_owned() }];
    events.extend(one_fails());
    let report = run(events);
    let workload = metric(&report.models[MODEL], Metric::WorkloadReady);
    assert_eq!(absent(workload)[1], (3, "not reached: the run was cut off within the round"));
}

#[test]
fn many_values_that_are_left_out_are_said_once() {
    let pods = ["a", "b", "c"].map(|pod| part(1, MODEL, Metric::PodSyncDown, pod, 0.01));
    let report = run([vec![failed(1)], pods.into()].concat());
    assert_eq!(metric(&report.models[MODEL], Metric::PodSyncDown).absent.len(), 1);
}

#[test]
fn a_round_that_fails_takes_nothing_from_the_same_round_of_another_model() {
    let report = run(vec![failed(1), sample(1, "namespace", Metric::TenantDeleted, 5.0)]);
    assert_eq!(metric(&report.models["namespace"], Metric::TenantDeleted).figures.n, 1);
}
