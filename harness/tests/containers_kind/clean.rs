//! Nothing is left in Docker: after Ctrl-C while a cluster is made, after a kill and `gc`, after a failed start.

use nix::sys::signal::Signal;
use tenantbench::process::of_run;

use crate::{
    KindLab,
    lab::{running::Running, stderr, stdout},
    lines,
};

#[test]
fn ctrl_c_while_a_cluster_is_made_leaves_nothing() {
    let Some(kind) = KindLab::new() else { return };
    // Before a container is there, while one starts, and while Kubernetes starts in it.
    for phase in ["kind: Ensuring node image", "kind: Preparing nodes", "kind: Starting control-plane"] {
        let mut up = Running::start(kind.up());
        up.until(phase);
        up.signal(Signal::SIGINT);
        let (code, said) = up.end();
        assert_eq!(code, Some(130), "{phase}: {said}");
        assert!(kind.in_docker().is_empty(), "{phase}: {:?}", kind.in_docker());
        assert!(kind.lab.is_clean_everywhere(), "{phase}: {:?}", kind.lab.all_processes());
    }
}

#[test]
fn ctrl_c_in_every_phase_of_a_scenario_leaves_nothing() {
    let Some(kind) = KindLab::new() else { return };
    let before = everything_in_docker();
    // While planes are made, while a workload starts in them, and while they are deleted.
    for phase in ["customer-2: create", "customer-1: the tenant asks", "customer-1: delete"] {
        let mut run = Running::start(kind.scenario());
        run.until(phase);
        run.signal(Signal::SIGINT);
        let (code, said) = run.end();
        assert_eq!(code, Some(130), "{phase}: {said}");
        assert!(kind.lab.is_clean_everywhere(), "{phase}: {:?}", kind.lab.all_processes());
        assert!(kind.in_docker().is_empty(), "{phase}: {:?}", kind.in_docker());
    }
    let added: Vec<_> = everything_in_docker().into_iter().filter(|one| !before.contains(one)).collect();
    assert!(added.is_empty(), "{added:?}");
}

/// Volumes and images have no names of ours. Other tests of the machine may make containers, not these.
fn everything_in_docker() -> Vec<String> {
    let lists: [&[&str]; 2] =
        [&["volume", "ls", "--quiet"], &["image", "ls", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}"]];
    lists.into_iter().flat_map(lines).filter(|line| !line.contains("tenantbench.test/")).collect()
}

#[test]
fn gc_removes_the_cluster_of_a_run_that_was_killed_with_its_supervisor() {
    let Some(kind) = KindLab::new() else { return };
    let mut up = Running::start(kind.up());
    up.until("kind: Starting control-plane");
    // The supervisor first: it would notice the end of its owner.
    for process in of_run(&kind.lab.run_folder()) {
        if process.name.starts_with("tenantbench") {
            process.identity.signal(Signal::SIGKILL);
        }
    }
    up.signal(Signal::SIGKILL);
    up.end();
    assert!(!kind.in_docker().is_empty(), "nothing was there to be removed");
    let gc = kind.lab.ok(&["gc"]);
    assert!(stdout(&gc).contains("removed container") && stdout(&gc).contains("removed network"), "{gc:?}");
    assert!(kind.in_docker().is_empty(), "{:?}", kind.in_docker());
    assert!(kind.lab.is_clean_everywhere(), "{:?}", kind.lab.all_processes());
}

#[test]
fn a_cluster_whose_run_folder_is_gone_is_found_by_its_label() {
    let Some(kind) = KindLab::new() else { return };
    let name = tenantbench::host::kind::cluster(&kind.runs(), &"lost".parse().unwrap());
    let label = format!("{}={name}", tenantbench::names::RUN_LABEL);
    let made =
        std::process::Command::new("docker").args(["network", "create", "--label", &label, &name]).output();
    assert!(made.as_ref().is_ok_and(|made| made.status.success()), "{made:?}");
    let gc = kind.lab.ok(&["gc"]);
    assert!(stdout(&gc).contains(&format!("removed network {name}")), "{}", stdout(&gc));
    assert!(kind.in_docker().is_empty());
}

#[test]
fn an_image_that_is_not_there_is_named_with_the_remedy() {
    let Some(kind) = KindLab::new() else { return };
    let image = "localhost:1/tenantbench/none:0";
    let up = kind.lab.run(&["host", "up", "--host", "kind", "--node-image", image]);
    assert_eq!(up.status.code(), Some(103), "{}", stderr(&up));
    let said = stderr(&up);
    assert!(said.contains(image) && said.contains("tenantbench tools node-image"), "{said}");
    assert!(kind.in_docker().is_empty() && kind.lab.is_clean_everywhere());
}
