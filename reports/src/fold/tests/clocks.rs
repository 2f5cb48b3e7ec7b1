//! Doubts that latencies raise: two clocks that differ, and values below zero.

use super::{metric, run};
use crate::{
    Event, Metric, Sample,
    fixture::{sample, validity},
};

fn stamped(client: f64, server: f64) -> Event {
    Event::Sample(Sample {
        round: 1,
        model: "vcluster".to_owned(),
        metric: Metric::TenantReady.name().to_owned(),
        value: client,
        server_value: Some(server),
        censored: false,
        subject: None,
    })
}

/// What is said of a doubt, if it is raised.
fn doubt(events: Vec<Event>, check: &str) -> Option<String> {
    let found = run(events).validity.into_iter().find(|validity| validity.check == check && !validity.ok);
    found.map(|validity| validity.detail)
}

#[test]
fn clocks_are_doubted_that_differ_by_more_than_a_tenth_and_more_than_25_milliseconds() {
    for (client, server, percent) in [
        (4.0, 3.0, Some("25 %")),
        (0.1, 0.126, Some("26 %")),
        (0.1, 0.124, None), // too few milliseconds
        (0.012, 0.003, None),
        (0.4, 0.43, None), // too small a share
    ] {
        let found = doubt(vec![stamped(client, server)], "watch-lag");
        assert_eq!(found.is_some(), percent.is_some(), "{client} and {server}: {found:?}");
        assert!(percent.is_none_or(|percent| found.unwrap_or_default().contains(percent)));
    }
}

#[test]
fn what_a_run_says_of_its_lag_hides_no_difference_between_the_clocks() {
    let events = vec![validity("watch-lag", true, "small"), stamped(4.0, 3.0)];
    assert!(doubt(events, "watch-lag").is_some());
}

#[test]
fn a_negative_latency_is_kept_and_doubted_below_minus_25_milliseconds() {
    for (value, is_doubted) in [(-0.25, true), (-0.026, true), (-0.024, false)] {
        let event = sample(1, "vcluster", Metric::PodSyncUp, value);
        let report = run(vec![event.clone()]);
        assert_eq!(metric(&report.models["vcluster"], Metric::PodSyncUp).figures.min, Some(value));
        assert_eq!(doubt(vec![event], "negative").is_some(), is_doubted, "{value}");
    }
}
