//! Whole runs of `ray-install` from outside: kept ones, broken ones, and those on machines that allow less.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../lab/mod.rs"]
mod lab;

mod broken;
mod kept;
mod kubectl;
mod places;

use std::{
    process::Command,
    sync::{Condvar, Mutex},
};

use lab::Lab;
use serde_json::Value;

/// How many whole runs this machine takes at once: most of a run is a wait, but two control planes start in each.
const AT_ONCE: usize = 2;

static FREE: Mutex<usize> = Mutex::new(AT_ONCE);
static FREED: Condvar = Condvar::new();

/// The right to run so many scenarios, given back when the test ends, however it ends.
struct Turn(usize);

impl Turn {
    fn take(runs: usize) -> Self {
        let mut free = FREED.wait_while(FREE.lock().unwrap(), |free| *free < runs).unwrap();
        *free -= runs;
        Self(runs)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *FREE.lock().unwrap() += self.0;
        FREED.notify_all();
    }
}

/// One round of `scenario` in the models, with its results in `results`.
fn one_round(lab: &Lab, scenario: &str, models: &str, results: &str, flags: &[&str]) -> Command {
    let results = lab.path(results).display().to_string();
    let fixed = ["scenario", scenario, "--rounds", "1", "--models", models, "--results", &results];
    lab.command(&[&fixed, flags].concat())
}

fn report(lab: &Lab, results: &str) -> Value {
    let results = lab.path(results).display().to_string();
    let output = lab.ok(&["report", "LAST", "--results", &results, "--format", "json"]);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What a good round in a virtual cluster says, but for its figures.
fn assert_whole(report: &Value) {
    let vcluster = &report["models"]["vcluster"];
    assert_eq!(vcluster["outcome"], "ok", "{report:#}");
    assert_eq!(vcluster["leftovers"]["leaks"], Value::Array(vec![]), "{report:#}");
    assert_eq!(vcluster["metrics"]["workload_ready_seconds"]["n"], 1, "{report:#}");
    assert_eq!(vcluster["metrics"]["tenant_deleted_seconds"]["n"], 1, "{report:#}");
}
