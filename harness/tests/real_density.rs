//! `tenantbench scenario density` from outside, with so little memory that it ends soon.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod lab;

use lab::{Lab, stdout};
use serde_json::Value;

/// Runs it with two tenants at most; returns the report.
fn density(lab: &Lab, model: &str, memory: &str) -> Value {
    let results = lab.path("results").display().to_string();
    let memory = format!("memory={memory}");
    let flags = ["--set", "most=2", "--set", "keep-free=64Mi", "--set", "within=10m", "--set", &memory];
    let command = ["scenario", "density", "--host", "local", "--models", model, "--results", &results];
    lab.ok(&[&command[..], &flags].concat());
    let report = lab.ok(&["report", "LAST", "--results", &results, "--format", "json"]);
    serde_json::from_str(&stdout(&report)).unwrap()
}

/// The values of a metric by what they are of.
fn values<'r>(report: &'r Value, model: &str, metric: &str) -> Vec<(&'r str, f64)> {
    let metric = &report["models"][model]["metrics"][metric];
    let subjects = metric["subjects"].as_array().unwrap().iter().map(|subject| subject.as_str().unwrap());
    subjects.zip(metric["values"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap())).collect()
}

/// What the report says of one filling.
fn told<'r>(report: &'r Value, model: &str, kind: &str) -> &'r str {
    let checks = report["models"][model]["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == format!("density {kind}")).unwrap();
    check["detail"].as_str().unwrap()
}

#[test]
fn as_many_namespaces_as_were_asked_for_are_held_and_taken_away_again() {
    let lab = Lab::new();
    let report = density(&lab, "namespace", "4Gi");
    assert_eq!(report["complete"], true);
    let bare = told(&report, "namespace", "bare");
    assert!(bare.starts_with("2 tenants; stopped by nothing; no more were asked for; each takes "), "{bare}");
    assert_eq!(values(&report, "namespace", "tenants_held"), [("bare", 2.0)]);
    assert!(values(&report, "namespace", "density_api_p99_seconds")[0].1 > 0.0);
    assert_eq!(report["models"]["namespace"]["leftovers"]["leaks"], Value::Array(Vec::new()));
    assert!(lab.is_clean_everywhere());
}

#[test]
fn a_second_virtual_cluster_does_not_fit_where_there_is_memory_for_one_only() {
    let lab = Lab::new();
    let report = density(&lab, "vcluster", "128Mi");
    assert_eq!(report["complete"], true);
    for kind in ["bare", "crds"] {
        let told = told(&report, "vcluster", kind);
        assert!(told.starts_with("1 tenants; stopped by memory: "), "{told}");
    }
    assert_eq!(values(&report, "vcluster", "tenants_held"), [("bare", 1.0), ("crds", 1.0)]);
    let parts = values(&report, "vcluster", "density_component_memory_bytes");
    for part in ["bare: kube-apiserver", "bare: syncer", "crds: etcd", "crds: host: kube-apiserver"] {
        assert!(parts.iter().any(|(subject, _)| *subject == part), "{part}: {parts:?}");
    }
    assert_eq!(report["models"]["vcluster"]["leftovers"]["leaks"], Value::Array(Vec::new()));
    assert!(lab.is_clean_everywhere());
}
