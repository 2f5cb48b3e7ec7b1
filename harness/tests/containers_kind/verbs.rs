//! Every verb of `tenant`, and every way of making a virtual cluster, with real kubelets, disks and networks, by a user
//! with the built-in `admin` role in one namespace.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::{
    KindLab,
    developer::{Developer, NAMESPACE},
    in_docker,
    lab::{stderr, stdout},
    names,
};

/// A store on one of the host's disks, and a port of its nodes.
const VALUES: &str = "{storage: {size: 1Gi}, service: {type: NodePort}}";

#[test]
fn a_virtual_cluster_is_made_used_put_to_rest_and_moved_in_every_way() {
    let Some(kind) = KindLab::new() else { return };
    let up = kind.up().output().unwrap();
    assert!(up.status.success(), "{}", stderr(&up));
    let KindLab { lab, _turn, .. } = kind;
    let developer = tokio::runtime::Runtime::new().unwrap().block_on(Developer::on(lab));
    let refused = developer.on_host(&["get", "namespaces"]);
    assert!(stderr(&refused).contains("Forbidden"), "{}", stderr(&refused));

    lets_have_node_ports(&developer);
    let values = developer.lab.path("values.yaml");
    std::fs::write(&values, VALUES).unwrap();
    developer.ok(&["create", "mine", "--values", values.to_str().unwrap(), "--no-wait"]);
    let others = made_in_other_ways(&developer);
    developer.on_host_ok(&["wait", "pod/mine-0", "--for=condition=Ready", "--timeout=120s"]);
    for name in &others {
        developer.on_host_ok(&["wait", &format!("pod/{name}-0"), "--for=condition=Ready", "--timeout=120s"]);
        assert!(developer.inside(name, &["get", "namespaces", "-o", "name"]).contains("kube-system"));
        developer.ok(&["delete", name]);
    }

    fill(&developer, "mine");
    is_described(&developer);
    is_reached_by_forward_and_by_a_port_of_the_node(&developer);
    developer.ok(&["pause", "mine"]);
    assert!(developer.ok(&["list"]).contains("paused"));
    developer.ok(&["resume", "mine"]);
    is_filled(&developer, "mine");
    moves_under_names_of_the_users(&developer);

    assert_eq!(developer.left(), Vec::<String>::new());
    developer.lab.ok(&["host", "down"]);
    let left = in_docker(&developer.lab.path("state/runs"));
    assert!(left.is_empty(), "{left:?}");
}

/// The platform's usual quota has none, for they are the whole host's.
fn lets_have_node_ports(developer: &Developer) {
    let patch = r#"{"spec": {"hard": {"services.nodeports": "2"}}}"#;
    let mut kubectl = as_platform(developer);
    kubectl.args(["-n", NAMESPACE, "patch", "resourcequota", "tenant", "--type=merge", "-p", patch]);
    assert!(kubectl.stdout(Stdio::null()).status().unwrap().success());
}

fn as_platform(developer: &Developer) -> Command {
    let mut kubectl = Command::new(&developer.kubectl);
    kubectl.arg("--kubeconfig").arg(developer.lab.run_folder().join("admin.kubeconfig"));
    kubectl
}

fn applied(mut kubectl: Command, manifests: &str) {
    let mut apply = kubectl
        .args(["apply", "--server-side", "-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    apply.stdin.take().unwrap().write_all(manifests.as_bytes()).unwrap();
    assert!(apply.wait().unwrap().success(), "{manifests}");
}

/// By plain manifests, by the operator and, where there is one, by helm. Returns their names; none is waited for.
fn made_in_other_ways(developer: &Developer) -> Vec<&'static str> {
    let manifests = developer.ok(&["manifests", "plain"]);
    applied(developer.kubectl(&[]), &manifests);

    let operator = stdout(&developer.lab.ok(&["tenant", "operator", "-n", "default"]));
    applied(as_platform(developer), &operator);
    let resource = json!({
        "apiVersion": "tenantbench.dev/v1alpha1", "kind": "VirtualCluster",
        "metadata": {"name": "declared", "namespace": NAMESPACE}, "spec": {},
    });
    let mut served = as_platform(developer);
    served.args(["wait", "--for=condition=Established"]);
    assert!(served.arg("crd/virtualclusters.tenantbench.dev").status().unwrap().success());
    // Kubernetes adds the right to make one to the user's role in its own time.
    developer.lab.until(|| {
        developer
            .on_host(&["auth", "can-i", "create", "virtualclusters.tenantbench.dev"])
            .status
            .success()
            .then_some(())
    });
    applied(developer.kubectl(&[]), &resource.to_string());
    developer.on_host_ok(&["wait", "vc/declared", "--for=condition=Ready", "--timeout=120s"]);

    let mut made = vec!["plain"];
    if charted(developer) {
        made.push("charted");
    }
    // Whoever deletes the resource takes its virtual cluster along.
    assert!(developer.inside("declared", &["get", "namespaces", "-o", "name"]).contains("kube-system"));
    developer.on_host_ok(&["delete", "vc/declared", "--cascade=foreground", "--timeout=60s"]);
    developer.on_host_ok(&["wait", "pod/declared-0", "--for=delete", "--timeout=60s"]);
    made
}

fn charted(developer: &Developer) -> bool {
    let Some(helm) = developer.lab.helm() else { return false };
    let chart = developer.lab.path("chart");
    developer.ok(&["chart", chart.to_str().unwrap()]);
    let mut install = Command::new(helm);
    install.args(["install", "charted"]).arg(&chart).args(["-n", NAMESPACE, "--kubeconfig"]);
    install.arg(&developer.kubeconfig).env("HOME", developer.lab.path("home"));
    let installed = install.output().unwrap();
    assert!(installed.status.success(), "{}", stderr(&installed));
    true
}

fn fill(developer: &Developer, name: &str) {
    developer.inside(name, &["create", "namespace", "inner"]);
    developer.inside(name, &["-n", "inner", "create", "configmap", "words", "--from-literal=a=b"]);
    let image = tenantbench::image::REFERENCE;
    let run =
        ["-n", "inner", "run", "idle", "--image", image, "--image-pull-policy=IfNotPresent", "--command"];
    developer.inside(name, &[&run[..], &["--", "tenantbench", "internal", "idle"]].concat());
    developer.inside(name, &["-n", "inner", "wait", "pod/idle", "--for=condition=Ready", "--timeout=60s"]);
}

fn is_filled(developer: &Developer, name: &str) {
    let words = ["-n", "inner", "get", "configmap", "words", "-o", "jsonpath={.data.a}"];
    assert_eq!(developer.inside(name, &words), "b");
}

fn is_described(developer: &Developer) {
    let described: Value =
        serde_json::from_str(&developer.ok(&["describe", "mine", "--format", "json"])).unwrap();
    let tenant = &described["tenant"];
    assert_eq!((&tenant["state"], &tenant["warnings"]), (&json!("ready"), &json!([])), "{described:#}");
    let claim = developer.on_host_ok(&["get", "pvc", "data-mine-0", "-o", "jsonpath={.status.phase}"]);
    assert_eq!(claim, "Bound");
}

fn is_reached_by_forward_and_by_a_port_of_the_node(developer: &Developer) {
    let reaches = |config: &str| {
        let file = developer.lab.path("printed.kubeconfig");
        std::fs::write(&file, config).unwrap();
        let mut kubectl = Command::new(&developer.kubectl);
        kubectl.arg("--kubeconfig").arg(file).args(["get", "namespaces", "-o", "name"]);
        let output = kubectl.output().unwrap();
        assert!(stdout(&output).contains("namespace/inner"), "{}", stderr(&output));
    };
    reaches(&developer.ok(&["connect", "mine", "--print"]));
    developer.ok(&["disconnect", "mine"]);

    let node = developer.lab.host()["containers"][0].as_str().unwrap().to_owned();
    let address = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    let address = crate::lines(&["inspect", "--format", address, &node]).remove(0);
    let port = "jsonpath={.spec.ports[?(@.name=='https')].nodePort}";
    let port = developer.on_host_ok(&["get", "service", "mine", "-o", port]);
    let server = format!("https://{address}:{port}");
    reaches(&developer.ok(&["connect", "mine", "--server", &server, "--print"]));
}

/// Taken to a file, deleted, and made again from it, with a name of the user's for each object that has one.
fn moves_under_names_of_the_users(developer: &Developer) {
    let file = developer.lab.path("mine.snapshot");
    developer.ok(&["snapshot", "mine", file.to_str().unwrap()]);
    let gone = developer.ok(&["delete", "mine"]);
    assert!(gone.contains("removed persistentvolumeclaim/data-mine-0"), "{gone}");
    assert_eq!(developer.left(), Vec::<String>::new());

    let restore = ["restore", "moved", file.to_str().unwrap()];
    developer.ok(&[&restore[..], &names::FLAGS].concat());
    is_filled(developer, "moved");
    names::are_borne_by(developer, "moved");
    developer.ok(&["delete", "moved"]);
}
