//! Runs in which something that must work is killed: they say so, and nothing is left.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use nix::sys::signal::Signal;

use crate::{
    Turn, assert_whole,
    lab::{Lab, running::Running},
    one_round, report,
};

/// As `ray-install`, but it gives up early on a workload that does not become Ready.
const IMPATIENT: &str = "\
schema: tenantbench.dev/scenario/v1
name: impatient
title: A workload that must be Ready soon
description: As ray-install, but without patience.
story: Is a workload that nobody reconciles taken for Ready?
rounds: 1
models: [vcluster]
steps:
  - do: create-tenant
  - do: install
    workload: ray
  - do: start
    object: ray-cluster
    name: sample
    workers: 3
    timeout: 8s
  - do: stop
    object: ray-cluster
    name: sample
  - do: delete-tenant
  - do: audit
";

#[test]
fn a_workload_whose_operator_is_killed_again_and_again_is_never_ready() {
    let _turn = Turn::take(1);
    let lab = Lab::new();
    let scenario = lab.path("impatient.yaml");
    std::fs::write(&scenario, IMPATIENT).unwrap();
    let scenario = scenario.display().to_string();
    let mut run = Running::start(one_round(&lab, &scenario, "vcluster", "results", &[]));
    run.until("creates ray-cluster");
    let (over, killed) = (AtomicBool::new(false), AtomicUsize::new(0));
    let (code, said) = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                for operator in lab.processes_with(&["operator", "ray"]) {
                    operator.signal(Signal::SIGKILL);
                    killed.fetch_add(1, Ordering::Relaxed);
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let ended = run.end();
        over.store(true, Ordering::Relaxed);
        ended
    });
    assert!(killed.into_inner() > 0, "no operator ran");
    assert_eq!(code, Some(100), "{said}");
    assert!(said.contains("RayCluster sample with 4 Ready pods did not happen within 8 s"), "{said}");
    assert!(!said.contains("workload_ready_seconds"), "{said}");
    let report = report(&lab, "results");
    let vcluster = &report["models"]["vcluster"];
    assert_eq!(vcluster["outcome"], "failed", "{report:#}");
    assert!(vcluster["metrics"]["workload_ready_seconds"]["p50"].is_null(), "{report:#}");
    assert!(lab.is_clean_everywhere(), "{:?}", lab.all_processes());
}

#[test]
fn a_plane_whose_api_server_is_killed_comes_back_or_the_run_says_why_not() {
    let _turn = Turn::take(1);
    let lab = Lab::new();
    let mut run = Running::start(one_round(&lab, "ray-install", "vcluster", "results", &[]));
    run.until("creates ray-cluster");
    let servers = lab.processes_with(&["--secure-port=6443"]);
    assert_eq!(servers.len(), 1);
    servers[0].signal(Signal::SIGKILL);
    let (code, said) = run.end();
    let report = report(&lab, "results");
    match code {
        Some(0) => {
            assert_whole(&report);
            assert!(
                report["validity"].to_string().contains("kube-apiserver of vc-0 was restarted once"),
                "{said}"
            );
        }
        Some(100) => {
            assert_eq!(report["models"]["vcluster"]["outcome"], "failed", "{report:#}");
            assert!(said.contains("kube-apiserver"), "{said}");
        }
        _ => panic!("{code:?}: {said}"),
    }
    assert!(lab.is_clean_everywhere(), "{:?}", lab.all_processes());
}
