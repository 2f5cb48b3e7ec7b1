//! Where and how a run is started: without root, without isolation, with upstream's CRDs, beside another.

use std::{
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt, fs::chown, process::CommandExt},
    path::Path,
    process::{Command, Stdio},
};

use crate::{
    Turn, assert_whole,
    lab::{Lab, stderr, stdout},
    one_round, report,
};

const NOBODY: u32 = 65534;

#[test]
fn a_user_without_any_capability_gets_whole_runs_with_isolated_pods() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root can become another user; the other tests run as an ordinary one here");
        return;
    }
    let _turn = Turn::take(1);
    let lab = Lab::new();
    let output = as_nobody(&lab).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}\n{}", stdout(&output), stderr(&output));
    let report = report(&lab, "results");
    assert_eq!(report["host"]["pod_isolation"], "namespaces", "{report:#}");
    assert_eq!(report["models"]["namespace"]["outcome"], "refused", "{report:#}");
    assert_whole(&report);
    assert!(lab.is_clean_everywhere(), "{:?}", lab.all_processes());
}

/// `ray-install` as a user who owns nothing but two folders, and whose files are all his to read.
fn as_nobody(lab: &Lab) -> Command {
    fs::set_permissions(lab.path(""), Permissions::from_mode(0o755)).unwrap();
    for own in ["state", "results", "home"] {
        fs::create_dir(lab.path(own)).unwrap();
        chown(lab.path(own), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    fs::create_dir(lab.path("bin")).unwrap();
    for name in ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"] {
        let found = stdout(&lab.ok(&["tools", "path", name]));
        share(Path::new(found.trim()), &lab.path("bin").join(name));
    }
    let program = lab.path("bin/tenantbench");
    share(Path::new(env!("CARGO_BIN_EXE_tenantbench")), &program);
    let mut command = Command::new("setpriv");
    command.args([
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "--inh-caps=-all",
        "--bounding-set=-all",
    ]);
    command.arg("--no-new-privs").arg(program);
    command.args(["scenario", "ray-install", "--rounds", "1", "--models", "namespace,vcluster", "--results"]);
    command.arg(lab.path("results")).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command.env("HOME", lab.path("home")).env("TENANTBENCH_STATE", lab.path("state"));
    command.env("TENANTBENCH_ASSETS", lab.path("bin")).current_dir(lab.path("home"));
    command.stdin(Stdio::null()).process_group(0);
    command
}

/// A copy that anybody may run; a link where that will do, for the servers are large.
fn share(from: &Path, to: &Path) {
    let anybody = |path: &Path| fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o5 == 0o5);
    if !anybody(from) || fs::hard_link(from, to).is_err() {
        fs::copy(from, to).unwrap();
        fs::set_permissions(to, Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn a_run_without_pod_isolation_says_so_and_works() {
    // Alone: its plane's ports are the machine's.
    let _turn = Turn::take(2);
    let lab = Lab::new();
    let mut command = one_round(&lab, "ray-install", "vcluster", "results", &[]);
    let output = command.env("TENANTBENCH_POD_ISOLATION", "none").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}\n{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).contains("Pods are not isolated"), "{}", stdout(&output));
    let report = report(&lab, "results");
    assert_eq!(report["host"]["pod_isolation"], "none", "{report:#}");
    assert_whole(&report);
    assert!(lab.is_clean_everywhere(), "{:?}", lab.all_processes());
}

#[test]
fn a_plane_without_isolation_whose_port_is_taken_is_refused_at_once() {
    // Alone: its plane's ports are the machine's.
    let _turn = Turn::take(2);
    let lab = Lab::new();
    let _taken = std::net::TcpListener::bind("0.0.0.0:6443").unwrap();
    let mut command = one_round(&lab, "ray-install", "vcluster", "results", &["--timeout", "60s"]);
    let output = command.env("TENANTBENCH_POD_ISOLATION", "none").output().unwrap();
    assert_eq!(output.status.code(), Some(100), "{}\n{}", stdout(&output), stderr(&output));
    assert!(stderr(&output).contains("port 6443 of this machine is taken"), "{}", stderr(&output));
    assert!(lab.is_clean_everywhere(), "{:?}", lab.all_processes());
}

#[test]
fn two_runs_at_once_with_upstreams_crds_and_our_own_both_succeed() {
    let crds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/crds/kuberay-1.7");
    let crds = Some(crds).filter(|folder| folder.is_dir());
    if crds.is_none() {
        assert!(std::env::var_os("CI").is_none(), "CI must have ../shared/crds/kuberay-1.7");
        eprintln!("the folder ../shared/crds/kuberay-1.7 is not there: both runs take our own CRDs");
    }
    let _turn = Turn::take(2);
    let lab = Lab::new();
    let crds = crds.map(|folder| folder.display().to_string());
    let flags: Vec<&str> = crds.iter().flat_map(|folder| ["--crds", folder]).collect();
    std::thread::scope(|scope| {
        for (results, flags) in [("upstream", &flags[..]), ("own", &[])] {
            let lab = &lab;
            scope.spawn(move || {
                let output = one_round(lab, "ray-install", "vcluster", results, flags).output().unwrap();
                assert_eq!(output.status.code(), Some(0), "{}\n{}", stdout(&output), stderr(&output));
            });
        }
    });
    for results in ["upstream", "own"] {
        assert_whole(&report(&lab, results));
    }
    assert!(lab.is_clean_everywhere(), "{:?}", lab.all_processes());
}
