//! What `--keep` leaves: both sides work with the real kubectl, and ordinary means end them.

use std::time::{Duration, Instant};

use serde_json::json;
use tenantbench::process::Identity;

use crate::{Turn, kubectl::Kubectl, lab::Lab, lab::stderr, one_round};

const NAMESPACE: &str = "tenant-vcluster-1";
const OPERATOR: &str = "deploy/kuberay-operator";

/// Starting a run takes longer than looking at it, so all that is seen of a kept one is seen of the same.
#[test]
fn a_kept_run_answers_kubectl_on_both_sides_and_its_namespace_ends_the_tenant() {
    let _turn = Turn::take(1);
    let lab = Lab::new();
    let run = one_round(&lab, "ray-install", "vcluster", "results", &["--keep"]).output().unwrap();
    assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
    let tenant = Kubectl::of_kept(&lab, "results", "tenant");
    let host = Kubectl::of_kept(&lab, "results", "host");

    the_tenant_sees_its_workload(&tenant);
    logs_and_exec_reach_the_operator_through_the_tenant(&tenant);
    the_tenant_changes_and_waits(&tenant);
    the_host_shows_the_same_pods(&host);
    pods_of_others_are_out_of_the_tenants_reach(&tenant, &host);
    deleting_the_host_namespace_ends_the_tenants_processes(&lab, &host);

    lab.ok(&["host", "down", "--all"]);
    assert!(lab.is_clean_everywhere(), "{:?}", lab.all_processes());
}

fn the_tenant_sees_its_workload(tenant: &Kubectl) {
    let clusters = tenant.ok(&["get", "rayclusters"]);
    assert!(clusters.contains("sample") && clusters.contains("ready"), "{clusters}");
    let rights = tenant.ok(&["auth", "can-i", "--list"]);
    assert!(rights.lines().any(|line| line.starts_with("*.*") && line.ends_with("[*]")), "{rights}");
}

fn logs_and_exec_reach_the_operator_through_the_tenant(tenant: &Kubectl) {
    let log = tenant.ok(&["logs", OPERATOR]);
    assert!(log.contains("leading"), "{log:?}");
    assert_eq!(tenant.ok(&["logs", OPERATOR, "--tail=1"]).lines().count(), 1);
    assert_eq!(tenant.ok(&["exec", OPERATOR, "--", "tenantbench", "--version"]), "tenantbench 0.1.0\n");
    let namespace = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
    assert_eq!(tenant.ok(&["exec", OPERATOR, "--", "cat", namespace]), "default");
    assert_eq!(tenant.ok_with("said to it\n", &["exec", "-i", OPERATOR, "--", "cat"]), "said to it\n");
    assert_eq!(tenant.run(&["exec", OPERATOR, "--", "sh", "-c", "exit 7"]).status.code(), Some(7));
}

fn the_tenant_changes_and_waits(tenant: &Kubectl) {
    let head = json!({"spec": {"containers": [{"name": "ray-head", "image": "rayproject/ray:2.46.0"}]}});
    let cluster = json!({
        "apiVersion": "ray.io/v1", "kind": "RayCluster", "metadata": {"name": "second"},
        "spec": {"headGroupSpec": {"rayStartParams": {}, "template": head}},
    });
    let applied = tenant.ok_with(&cluster.to_string(), &["apply", "--server-side", "-f", "-"]);
    assert!(applied.contains("serverside-applied"), "{applied}");
    tenant.ok(&["wait", "--for=condition=HeadPodReady", "raycluster/second", "--timeout=20s"]);
    tenant.ok(&["wait", "--for=condition=Available", OPERATOR, "--timeout=20s"]);
}

fn the_host_shows_the_same_pods(host: &Kubectl) {
    let pods = host.ok(&["get", "pods", "-A"]);
    for name in ["vc-0", "kuberay-operator-", "sample-head-x-default-x-", "second-head"] {
        assert!(
            pods.lines().any(|line| line.starts_with(NAMESPACE) && line.contains(name)),
            "{name}: {pods}"
        );
    }
}

fn pods_of_others_are_out_of_the_tenants_reach(tenant: &Kubectl, host: &Kubectl) {
    let sleeper = [
        "run",
        "other",
        "--image=tenantbench.dev/tenantbench",
        "--command",
        "--",
        "sh",
        "-c",
        "echo secret; sleep 600",
    ];
    host.ok(&sleeper);
    host.ok(&["wait", "--for=condition=Ready", "pod/other", "--timeout=20s"]);
    assert_eq!(host.ok(&["logs", "other"]), "secret\n");

    let node = tenant.ok(&["get", "nodes", "-o", "jsonpath={.items[0].metadata.name}"]);
    for pod in ["default/other/other", &format!("{NAMESPACE}/vc-0/syncer")] {
        let kubelet = format!("/api/v1/nodes/{node}/proxy");
        tenant.refused(&["get", "--raw", &format!("{kubelet}/containerLogs/{pod}")]);
        let command = "command=id&output=1";
        tenant.refused(&["create", "--raw", &format!("{kubelet}/exec/{pod}?{command}"), "-f", "/dev/null"]);
    }

    // Whoever names a pod as the plane's own is named on the host gets a pod of his, not that one.
    tenant.ok(&["create", "namespace", NAMESPACE]);
    let twin = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "vc-0", "namespace": NAMESPACE},
        "spec": {"nodeName": node, "containers": [{"name": "syncer", "image": "example.com/twin"}]},
    });
    tenant.ok_with(&twin.to_string(), &["create", "-f", "-"]);
    tenant.refused(&["logs", "-n", NAMESPACE, "vc-0"]);
    tenant.refused(&["exec", "-n", NAMESPACE, "vc-0", "--", "id"]);
}

fn deleting_the_host_namespace_ends_the_tenants_processes(lab: &Lab, host: &Kubectl) {
    // The store is an init container that stays.
    let path = "jsonpath={.items[*].status.containerStatuses[*].containerID} \
                {.items[*].status.initContainerStatuses[*].containerID}";
    let ids = host.ok(&["get", "pods", "-n", NAMESPACE, "-o", path]);
    let pids = ids.split_whitespace().filter_map(|id| id.strip_prefix("process://")?.parse().ok());
    let processes: Vec<Identity> = pids.filter_map(Identity::of).collect();
    assert_eq!(processes.len(), 5, "etcd, API server, controllers, syncer and operator: {ids}");
    let others = lab.processes_with(&["sleep", "600"]).len();
    assert_eq!(lab.processes_with(&["operator", "ray"]).len(), 1, "or the search below proves nothing");

    let asked = Instant::now();
    host.ok(&["delete", "namespace", NAMESPACE, "--wait=false"]);
    lab.until(|| processes.iter().all(|process| !process.is_alive()).then_some(()));
    let took = asked.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
    for words in [&["operator", "ray"][..], &["syncer"], &["--secure-port=6443"]] {
        assert!(lab.processes_with(words).is_empty(), "{words:?}");
    }
    assert_eq!(lab.processes_with(&["sleep", "600"]).len(), others, "another namespace's pod goes on");
}
