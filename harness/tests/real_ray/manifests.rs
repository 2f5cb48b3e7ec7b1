//! What `tenantbench workload ray` prints, given to the real kubectl.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use tenantbench::workload::{ray, to_yaml};

use crate::{control_plane, control_plane::ControlPlane, upstream_crds};

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_applies_the_printed_manifests_and_upstreams_crds() {
    let plane = ControlPlane::start().await;
    let applied = apply(&plane, &ray::Options::default());
    assert_eq!(applied.lines().count(), 17, "{applied}");
    if let Some(folder) = upstream_crds::folder() {
        let crds = Some(folder.try_into().unwrap());
        let applied = apply(&plane, &ray::Options { crds, ..ray::Options::default() });
        assert_eq!(applied.lines().count(), 17, "{applied}");
    }
}

fn apply(plane: &ControlPlane, options: &ray::Options) -> String {
    let text = to_yaml(ray::package(options).unwrap().all()).unwrap();
    let mut kubectl = Command::new(control_plane::binary("kubectl"))
        .arg(format!("--kubeconfig={}", plane.kubeconfig_file().display()))
        .args(["apply", "--server-side", "-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    kubectl.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = kubectl.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}
