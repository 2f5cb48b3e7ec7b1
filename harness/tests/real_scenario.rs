//! `tenantbench scenario` from outside: what a user reads, and what is left when things go wrong.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod lab;

use std::{os::unix::fs::PermissionsExt, path::PathBuf};

use lab::{Lab, running::Running, stderr, stdout};
use nix::sys::signal::Signal;
use serde_json::Value;

fn start(lab: &Lab, flags: &[&str]) -> Running {
    Running::start(lab.command(&[&["scenario", "ray-install", "--results", &results(lab)], flags].concat()))
}

fn results(lab: &Lab) -> String {
    lab.path("results").display().to_string()
}

fn report(lab: &Lab) -> Value {
    let output = lab.ok(&["report", "LAST", "--results", &results(lab), "--format", "json"]);
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn ctrl_c_while_the_host_starts_leaves_nothing_and_says_so() {
    let lab = Lab::new();
    let mut run = start(&lab, &["--models", "namespace"]);
    run.until("starting etcd");
    run.signal(Signal::SIGINT);
    let (code, said) = run.end();
    assert_eq!(code, Some(130), "{said}");
    assert!(lab.is_clean_everywhere());
    assert_eq!(report(&lab)["complete"], false);
}

#[test]
fn ctrl_c_in_a_round_keeps_what_was_measured_and_leaves_nothing_else() {
    let lab = Lab::new();
    let mut run = start(&lab, &["--models", "namespace"]);
    run.until("tenant_ready_seconds");
    run.signal(Signal::SIGINT);
    let (code, said) = run.end();
    assert_eq!(code, Some(130), "{said}");
    assert!(lab.is_clean_everywhere());
    let report = report(&lab);
    assert_eq!(report["complete"], false);
    assert_eq!(report["models"]["namespace"]["metrics"]["tenant_ready_seconds"]["n"], 1);
}

#[test]
fn a_killed_run_takes_its_host_with_it_and_still_gives_a_report() {
    let lab = Lab::new();
    let mut run = start(&lab, &["--models", "namespace"]);
    run.until("tenant_ready_seconds");
    run.signal(Signal::SIGKILL);
    assert_eq!(run.end().0, None);
    lab.until(|| lab.is_clean_everywhere().then_some(()));
    let human = stdout(&lab.ok(&["report", "LAST", "--results", &results(&lab)]));
    assert!(human.contains("cut off") || human.contains("incomplete"), "{human}");
}

#[test]
fn a_server_that_dies_in_a_round_ends_the_run_and_is_named() {
    let lab = Lab::new();
    let mut run = start(&lab, &["--models", "namespace"]);
    run.until("tenant_ready_seconds");
    let etcd = lab.all_processes().into_iter().find(|process| process.name == "etcd").unwrap();
    etcd.identity.signal(Signal::SIGKILL);
    let (code, said) = run.end();
    assert_eq!(code, Some(102), "{said}");
    assert!(said.contains("etcd was killed by SIGKILL"), "{said}");
    assert!(lab.is_clean_everywhere());
}

#[test]
fn results_that_cannot_be_written_are_told_before_anything_starts() {
    let lab = Lab::new();
    std::fs::write(lab.path("results"), "a file where the folder should be").unwrap();
    let output = lab.run(&["scenario", "ray-install", "--results", &results(&lab)]);
    assert_eq!(output.status.code(), Some(104), "{}", stderr(&output));
    assert_eq!(stderr(&output).lines().filter(|line| line.starts_with("error:")).count(), 1);
    assert!(lab.is_clean_everywhere());
}

#[test]
fn a_state_folder_that_cannot_be_used_is_named_with_the_remedy() {
    let lab = Lab::new();
    let state: PathBuf = lab.path("state");
    std::fs::write(&state, "a file where the folder should be").unwrap();
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o400)).unwrap();
    let output = lab.run(&["scenario", "ray-install", "--results", &results(&lab), "--models", "namespace"]);
    assert_eq!(output.status.code(), Some(103), "{}", stderr(&output));
    assert!(stderr(&output).contains("state"), "{}", stderr(&output));
}

#[test]
fn a_malformed_scenario_names_every_problem_with_its_place() {
    let lab = Lab::new();
    let path = lab.path("bad.yaml");
    let text = "schema: tenantbench.dev/scenario/v1\nname: bad\ntitel: x\nmodels: [namespace, castle]\nsteps:\n- do: dance\n";
    std::fs::write(&path, text).unwrap();
    let output = lab.run(&["scenario", path.to_str().unwrap()]);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    for (place, word) in [(":3:", "titel"), (":4:", "castle"), (":6:", "dance")] {
        assert!(
            message.lines().any(|line| line.contains(place) && line.contains(word)),
            "{place} {word}: {message}"
        );
    }
}
