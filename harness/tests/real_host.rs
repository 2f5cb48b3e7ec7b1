//! A local host of real binaries, from outside: the command line, signals, and what is left on the machine.
//!
//! The binaries come from `TENANTBENCH_ASSETS` or the cache; `tenantbench tools install` puts them there.

mod lab;

use std::{net::TcpListener, time::Duration};

use lab::{Lab, stderr, stdout};
use nix::sys::signal::Signal;

#[test]
fn a_host_comes_up_answers_kubectl_and_leaves_nothing() {
    let lab = Lab::new();
    let up = lab.ok(&["host", "up"]);
    let kubeconfig = stdout(&up).trim().to_owned();
    let kubectl = stdout(&lab.ok(&["tools", "path", "kubectl"])).trim().to_owned();
    let nodes = std::process::Command::new(kubectl)
        .args(["get", "serviceaccount", "default", "-o", "name", "--kubeconfig", &kubeconfig])
        .output()
        .unwrap();
    assert_eq!(stdout(&nodes), "serviceaccount/default\n", "{}", stderr(&nodes));

    let host = lab.host();
    let processes = lab.processes();
    assert_eq!(processes.len(), 6, "{processes:?}");
    let down = stdout(&lab.ok(&["host", "down"]));
    for name in ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "folder"] {
        assert!(down.contains(name), "{name} is not named: {down}");
    }
    for process in processes {
        assert!(!process.identity.is_alive(), "{process:?}");
    }
    assert!(lab.is_clean());
    TcpListener::bind(host["api_server"].as_str().unwrap().trim_start_matches("https://")).unwrap();
}

#[test]
fn a_second_host_of_the_same_name_is_refused_and_the_first_lives() {
    let lab = Lab::new();
    lab.ok(&["host", "up"]);
    let second = lab.run(&["host", "up"]);
    assert_eq!(second.status.code(), Some(2));
    assert!(stderr(&second).contains("default is already running"), "{}", stderr(&second));
    assert_eq!(lab.host()["state"]["state"], "ready");
    assert!(stderr(&lab.ok(&["gc"])).contains("nothing to remove"));
    assert_eq!(lab.host()["state"]["state"], "ready");
}

#[test]
fn a_killed_server_is_named_and_the_host_can_still_be_taken_down() {
    let lab = Lab::new();
    lab.ok(&["host", "up"]);
    lab.component("etcd").signal(Signal::SIGKILL);
    let reason = lab.until(|| lab.host()["state"]["reason"].as_str().map(str::to_owned));
    assert!(reason.starts_with("etcd was killed by SIGKILL; its last words: "), "{reason}");
    lab.ok(&["host", "down"]);
    assert!(lab.is_clean());
}

#[test]
fn a_killed_router_is_named_and_the_host_can_still_be_taken_down() {
    let lab = Lab::new();
    lab.ok(&["host", "up"]);
    if lab.host()["facts"]["pod_isolation"] == "none" {
        eprintln!("skipped: this kernel forbids namespaces, so there is no router to kill");
        return;
    }
    lab.processes_with(&["internal", "router"])[0].signal(Signal::SIGKILL);
    let reason = lab.until(|| lab.host()["state"]["reason"].as_str().map(str::to_owned));
    assert!(reason.starts_with("the pods' router ended"), "{reason}");
    lab.ok(&["host", "down"]);
    assert!(lab.is_clean());
}

#[test]
fn the_servers_die_with_a_killed_supervisor_and_gc_removes_the_rest() {
    let lab = Lab::new();
    lab.ok(&["host", "up"]);
    let processes = lab.processes();
    lab.supervisor().signal(Signal::SIGKILL);
    for process in &processes {
        assert!(process.identity.wait_ended(Duration::from_secs(10)).unwrap(), "{process:?}");
    }
    let planned = stdout(&lab.ok(&["gc", "--dry-run"]));
    assert!(planned.contains("would remove folder"), "{planned}");
    assert!(!lab.is_clean());
    let removed = stdout(&lab.ok(&["gc"]));
    assert!(removed.contains("removed folder"), "{removed}");
    assert!(lab.is_clean());
}

#[test]
fn a_host_can_be_started_where_a_killed_one_was() {
    let lab = Lab::new();
    lab.ok(&["host", "up"]);
    lab.supervisor().signal(Signal::SIGKILL);
    assert!(lab.supervisor().wait_ended(Duration::from_secs(10)).unwrap());
    let up = lab.ok(&["host", "up"]);
    assert!(stderr(&up).contains("left by a killed run: removed folder"), "{}", stderr(&up));
}

#[test]
fn a_host_comes_up_on_other_ports_when_its_own_is_taken() {
    let lab = Lab::new();
    let mut up = lab.start(&["host", "up"]);
    // The kubeconfig is written a second before kube-apiserver binds the port that it names.
    let address = lab.until(|| lab.announced_address());
    let taken = TcpListener::bind(&address).unwrap();
    let status = up.wait().unwrap();
    assert!(status.success(), "{status}");
    assert_ne!(lab.host()["api_server"], format!("https://{address}"));
    drop(taken);
}

#[test]
fn ctrl_c_while_a_host_comes_up_leaves_nothing() {
    let lab = Lab::new();
    let mut up = lab.start(&["host", "up"]);
    lab.until(|| lab.announced_address());
    let processes = lab.processes();
    lab::identity(&up).signal(Signal::SIGINT);
    assert_eq!(up.wait().unwrap().code(), Some(130));
    assert!(lab.is_clean());
    assert!(processes.iter().all(|process| !process.identity.is_alive()), "{processes:?}");
}

#[test]
fn a_host_whose_owner_is_killed_takes_itself_down() {
    let lab = Lab::new();
    let mut up = lab.start(&["host", "up"]);
    lab.until(|| lab.announced_address());
    let processes = lab.processes();
    up.kill().unwrap();
    up.wait().unwrap();
    for process in &processes {
        assert!(process.identity.wait_ended(Duration::from_secs(10)).unwrap(), "{process:?}");
    }
    lab.until(|| lab.is_clean().then_some(()));
}

#[test]
fn a_run_folder_that_cannot_be_made_says_what_to_set() {
    let lab = Lab::new();
    let file = lab.path("file");
    std::fs::write(&file, "").unwrap();
    let up = lab.run_with(&[("TENANTBENCH_STATE", file.to_str().unwrap())], &["host", "up"]);
    assert_eq!(up.status.code(), Some(103));
    let message = stderr(&up);
    assert!(message.contains("cannot write the run folder"), "{message}");
    assert!(message.contains("set TENANTBENCH_STATE"), "{message}");
}

#[test]
fn a_full_disk_is_seen_before_anything_is_started() {
    let lab = Lab::new();
    let up = lab.run_on_small_disk("20m", &["host", "up"]);
    assert_eq!(up.status.code(), Some(103), "{}", stderr(&up));
    assert!(stderr(&up).contains("MB free for the run folder"), "{}", stderr(&up));
}

#[test]
fn an_unknown_host_is_named() {
    let lab = Lab::new();
    for verb in ["down", "kubeconfig"] {
        let output = lab.run(&["host", verb, "--name", "nobody"]);
        assert_eq!(output.status.code(), Some(102));
        assert!(stderr(&output).contains("no host named nobody"), "{}", stderr(&output));
    }
}
