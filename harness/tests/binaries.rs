//! Binaries that are missing, corrupt or of the wrong version, as a user meets them.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod lab;

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use lab::{Lab, stderr, stdout};

fn program(folder: &Path, name: &str, script: &str) {
    fs::create_dir_all(folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs `host up` with this folder as the only source, and returns the error.
fn refusal(lab: &Lab, folder: &Path) -> String {
    let cache = lab.path("cache");
    let variables = [
        ("TENANTBENCH_ASSETS", folder.to_str().unwrap()),
        ("KUBEBUILDER_ASSETS", ""),
        ("XDG_CACHE_HOME", cache.to_str().unwrap()),
    ];
    let up = lab.run_with(&variables, &["host", "up", "--no-download", "--no-build"]);
    assert_eq!(up.status.code(), Some(103), "{}", stderr(&up));
    assert!(!lab.path("state").exists());
    stderr(&up)
}

#[test]
fn a_missing_binary_is_named_with_the_sources_that_were_tried() {
    let lab = Lab::new();
    let folder = lab.path("assets");
    fs::create_dir(&folder).unwrap();
    let message = refusal(&lab, &folder);
    assert!(
        message.contains("error: no etcd 3.6.16: downloads are switched off; builds are switched off"),
        "{message}"
    );
    assert!(message.contains("--assets DIR"), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[test]
fn a_corrupt_binary_is_named_with_its_folder() {
    let lab = Lab::new();
    let folder = lab.path("assets");
    program(&folder, "etcd", "exit 1");
    let message = refusal(&lab, &folder);
    assert!(message.contains("assets/etcd does not run: it does not say its version"), "{message}");
    assert!(message.contains("TENANTBENCH_ASSETS"), "{message}");
}

#[test]
fn a_binary_of_another_minor_version_is_refused() {
    let lab = Lab::new();
    let folder = lab.path("assets");
    program(&folder, "etcd", "echo etcd Version: 3.5.0");
    let message = refusal(&lab, &folder);
    assert!(message.contains("assets/etcd is version 3.5.0, but tenantbench needs 3.6.16"), "{message}");
}

#[test]
fn a_named_folder_that_is_not_there_is_an_error() {
    let lab = Lab::new();
    let message = refusal(&lab, Path::new("/nowhere/at/all"));
    assert!(message.contains("/nowhere/at/all: no such folder"), "{message}");
}

#[test]
fn the_list_shows_where_each_binary_comes_from() {
    let lab = Lab::new();
    let folder = lab.path("assets");
    program(&folder, "etcd", "echo etcd Version: 3.6.16");
    program(&folder, "kubectl", "exit 1");
    let cache = lab.path("cache");
    let variables = [
        ("TENANTBENCH_ASSETS", folder.to_str().unwrap()),
        ("KUBEBUILDER_ASSETS", ""),
        ("XDG_CACHE_HOME", cache.to_str().unwrap()),
    ];
    let list = stdout(&lab.run_with(&variables, &["tools", "list"]));
    let line = |name: &str| list.lines().find(|line| line.contains(name)).unwrap().to_owned();
    assert!(line("etcd ").contains("folder"), "{list}");
    assert!(line("kubectl ").contains("unusable"), "{list}");
    assert!(line("kube-scheduler ").contains("not there"), "{list}");
}
