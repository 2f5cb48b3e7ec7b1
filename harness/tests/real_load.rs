//! The scenarios that load a tenant, in a size that a test can wait for: that they hold, not what they come to.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod lab;

use lab::{Lab, stderr};
use serde_json::Value;

/// Runs a scenario on a local host whose kubelets wait `delay` seconds, and returns what it says of the model.
fn measured(lab: &Lab, scenario: &str, delay: &str, flags: &[&str]) -> Value {
    let results = lab.path("results").display().to_string();
    let place = ["--host", "local", "--node-ready-delay", delay, "--results", &results, "--format", "json"];
    let output = lab.run(&[&["scenario", scenario, "--rounds", "1"], &place[..], flags].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let mut report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let model = report["models"]["vcluster"].take();
    assert_eq!(unplanned(lab, scenario, &model), Vec::<&str>::new());
    model
}

/// What has figures and does not stand in the plan of the scenario.
fn unplanned<'m>(lab: &Lab, scenario: &str, model: &'m Value) -> Vec<&'m str> {
    let plan = lab.ok(&["plan", scenario, "--format", "json"]);
    let plan: Value = serde_json::from_slice(&plan.stdout).unwrap();
    let steps = plan["steps"]["vcluster"].as_array().unwrap();
    let planned: Vec<&Value> = steps.iter().flat_map(|step| step["metrics"].as_array().unwrap()).collect();
    let measured = model["metrics"].as_object().unwrap().iter().filter(|(_, metric)| metric["n"] != 0);
    measured
        .map(|(name, _)| name.as_str())
        .filter(|name| !planned.iter().any(|planned| *planned == name))
        .collect()
}

fn figure(model: &Value, metric: &str) -> f64 {
    model["metrics"][metric]["p50"]
        .as_f64()
        .unwrap_or_else(|| panic!("{metric}: {}", model["metrics"][metric]))
}

#[test]
fn a_burst_of_two_tenants_loses_no_ready_though_kubelets_wait_for_nothing_and_has_its_floors_beside_it() {
    let lab = Lab::new();
    let model = measured(&lab, "sync-throughput", "0", &["--set", "tenants=2", "--set", "pods=25"]);
    let kept = model["checks"].as_array().unwrap().iter().find(|check| check["name"] == "ready-is-kept");
    assert_eq!(kept.unwrap()["verdict"], "held", "{model}");
    assert_eq!(
        kept.unwrap()["detail"],
        "of the 150 pods that the host has shown none lost Ready before its deletion",
        "25 of each tenant, in three arms"
    );
    for stage in ["bound", "ready", "gone"] {
        let of = |floor: &str| figure(&model, &format!("burst_{stage}{floor}_seconds"));
        assert!(of("") > 0.0 && of("_ideal") > 0.0 && of("_direct") > 0.0);
        let ratio = figure(&model, &format!("burst_{stage}_ideal_ratio"));
        assert!((ratio - of("_ideal") / of("")).abs() < 1e-9, "{ratio}");
    }
    let idle = figure(&model, "syncer_idle_pss_bytes");
    assert!((1e6..30e6).contains(&idle), "one syncer's, and not the sum: {idle}");
    assert_eq!(model["leftovers"]["leaks"], Value::Array(Vec::new()));
    assert!(lab.is_clean_everywhere());
}

/// A burst whose rests alone take longer than it may.
const HASTY: &str = "\
schema: tenantbench.dev/scenario/v1
name: hasty
title: A burst without time
description: As sync-throughput, but it is ended in the middle.
story: Does a step that is cut off leave what it has made for itself?
rounds: 1
models: [vcluster]
steps:
  - do: create-tenant
  - do: burst
    pods: 5
    parallel: 5
    tenants: 2
    timeout: 8s
  - do: delete-tenant
  - do: audit
";

#[test]
fn a_burst_that_is_cut_off_leaves_neither_its_tenants_nor_its_floors() {
    let lab = Lab::new();
    let scenario = lab.path("hasty.yaml");
    std::fs::write(&scenario, HASTY).unwrap();
    let results = lab.path("results").display().to_string();
    let output = lab.run(&["scenario", &scenario.display().to_string(), "--results", &results]);
    assert_eq!(output.status.code(), Some(100), "{}", stderr(&output));
    assert!(stderr(&output).contains("within 8 s"), "{}", stderr(&output));
    let report = lab.ok(&["report", "LAST", "--results", &results, "--format", "json"]);
    let report: Value = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!(report["models"]["vcluster"]["leftovers"]["leaks"], Value::Array(Vec::new()), "{report:#}");
    assert!(lab.is_clean_everywhere());
}

#[test]
fn pods_and_changes_one_at_a_time_have_their_latencies_and_a_killed_syncer_comes_back() {
    let lab = Lab::new();
    let flags = ["--set", "pods=6", "--set", "changes=3", "--set", "kept=5"];
    let model = measured(&lab, "sync-latency", "0.3", &flags);
    let count = |metric: &str| model["metrics"][metric]["n"].as_u64().unwrap();
    // The first pod of a tenant is a figure of its own.
    assert_eq!((count("pod_added_seconds"), count("first_pod_ready_seconds")), (5, 1));
    assert_eq!(
        (count("pod_added_ideal_seconds"), count("pod_added_ideal_ratio")),
        (5, 5),
        "a floor for each"
    );
    assert!(figure(&model, "pod_added_ideal_seconds") > 0.0);
    assert_eq!(count("content_sync_seconds"), 6, "three of a ConfigMap, three of a Secret");
    assert!(figure(&model, "pod_added_down_seconds") > 0.0);
    assert!(figure(&model, "first_pod_ready_seconds") > 0.3, "the node's delay is in it");
    let restart = ["syncer_restart_seconds", "syncer_restart_ready_seconds"].map(|name| figure(&model, name));
    assert!(0.0 < restart[0] && restart[0] < restart[1], "{restart:?}");
    assert!(lab.is_clean_everywhere());
}
