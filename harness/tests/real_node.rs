//! Simulated nodes on a real control plane, seen through kubectl: pods that run as processes.
//!
//! The binaries come from `TENANTBENCH_ASSETS` or the cache; `tenantbench tools install` puts them there.

#[path = "support/cluster.rs"]
mod cluster;
mod lab;

use std::{
    io::{BufRead, BufReader, Write},
    process::Stdio,
    time::{Duration, Instant},
};

use cluster::{Cluster, FOREVER, pod};
use lab::{stderr, stdout};
use serde_json::json;

#[test]
fn a_pod_runs_with_its_own_network_root_token_and_environment() {
    let cluster = Cluster::up(&[]);
    assert_eq!(cluster.lab.host()["facts"]["pod_isolation"], "namespaces", "{}", cluster.lab.host());
    cluster.ok(&["create", "configmap", "settings", "--from-literal", "key=one"]);
    let mut object = pod("main", FOREVER);
    object["spec"]["volumes"] = json!([
        { "name": "settings", "configMap": { "name": "settings" } },
        { "name": "scratch", "emptyDir": {} },
    ]);
    object["spec"]["containers"][0]["volumeMounts"] = json!([
        { "name": "settings", "mountPath": "/settings" },
        { "name": "scratch", "mountPath": "/scratch" },
    ]);
    object["spec"]["containers"][0]["env"] = json!([
        { "name": "IP", "valueFrom": { "fieldRef": { "fieldPath": "status.podIP" } } },
        { "name": "KEY", "valueFrom": { "configMapKeyRef": { "name": "settings", "key": "key" } } },
    ]);
    let main = cluster.ready(&object);
    let status = cluster.get(&main)["status"].clone();
    let id = status["containerStatuses"][0]["containerID"].as_str().unwrap();
    let pid: u32 = id.strip_prefix("process://").unwrap().parse().unwrap();
    assert!(std::path::Path::new(&format!("/proc/{pid}")).exists());

    let (code, said, errors) =
        cluster.exec(&main, "echo $KEY $IP; hostname; cat /settings/key; echo >&2 oops; exit 3");
    assert_eq!(code, 3);
    assert_eq!(said, format!("one {}\nmain\none", status["podIP"].as_str().unwrap()));
    assert!(errors.starts_with("oops\n"), "{errors}");
    let (_, listing, _) =
        cluster.exec(&main, "ls -a / /root; touch /scratch/x && touch /etc/x && ls /scratch");
    assert!(!listing.contains("work") && listing.ends_with("x\n"), "{listing}");

    let token = "/var/run/secrets/kubernetes.io/serviceaccount";
    let (code, list, _) = cluster.exec(&main, &format!("ls {token} && test -s {token}/token"));
    assert_eq!((code, list.as_str()), (0, "ca.crt\nnamespace\ntoken\n"));

    let copied = cluster
        .command(&["exec", "-i", &main, "--", "cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut copied = copied.unwrap();
    copied.stdin.take().unwrap().write_all(b"carried\n").unwrap();
    assert_eq!(stdout(&copied.wait_with_output().unwrap()), "carried\n");

    cluster.ok(&["patch", "configmap", "settings", "-p", r#"{"data":{"key":"two"}}"#]);
    let (code, _, _) = cluster
        .exec(&main, "for i in $(seq 200); do grep -q two /settings/key && exit 0; sleep 0.05; done; exit 1");
    assert_eq!(code, 0, "the ConfigMap's change did not arrive");
    cluster.down();
}

#[test]
fn logs_can_be_followed_cut_and_outlive_the_container() {
    let cluster = Cluster::up(&[]);
    let name = cluster.ready(&pod(
        "speaker",
        "trap 'echo bye; exit 0' TERM; for i in 1 2 3; do echo $i; done; while :; do sleep 0.05; done",
    ));
    assert_eq!(cluster.ok(&["logs", &name]), "1\n2\n3\n");
    assert_eq!(cluster.ok(&["logs", &name, "--tail", "1"]), "3\n");
    let stamped = cluster.ok(&["logs", &name, "--tail", "1", "--timestamps"]);
    assert!(stamped.starts_with("20") && stamped.ends_with("Z 3\n"), "{stamped}");

    let mut follower =
        cluster.command(&["logs", "-f", &name, "--tail", "2"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    assert_eq!([lines.next().unwrap().unwrap(), lines.next().unwrap().unwrap()], ["2", "3"]);
    let begun = Instant::now();
    cluster.ok(&["delete", "pod", &name]);
    assert!(begun.elapsed() < Duration::from_secs(4), "a pod that ends at once took {:?}", begun.elapsed());
    assert_eq!(lines.next().unwrap().unwrap(), "bye");
    follower.wait().unwrap();
    let left = std::fs::read_dir(cluster.lab.run_folder().join("pods")).unwrap().count();
    assert_eq!(left, 0, "a pod's folder stayed");
    cluster.down();
}

#[test]
fn an_ended_container_starts_again_and_one_that_may_not_ends_its_pod() {
    let cluster = Cluster::up(&[]);
    cluster.apply(&pod("crasher", "echo last words; exit 7"));
    cluster.wait("crasher", "jsonpath={.status.containerStatuses[0].state.waiting.reason}=CrashLoopBackOff");
    let status = &cluster.get("crasher")["status"]["containerStatuses"][0];
    assert_eq!(status["restartCount"], 1, "{status}");
    assert_eq!(status["lastState"]["terminated"]["exitCode"], 7);
    assert_eq!(status["lastState"]["terminated"]["message"], "last words");
    assert_eq!(cluster.ok(&["logs", "crasher", "--previous"]), "last words\n");

    for (name, line, phase) in [("worker", "exit 0", "Succeeded"), ("failer", "exit 1", "Failed")] {
        let mut object = pod(name, line);
        object["spec"]["restartPolicy"] = "Never".into();
        object["spec"]["initContainers"] = json!([{
            "name": "first", "image": "tenantbench.dev/tenantbench", "command": ["sh", "-c", "echo first"],
        }]);
        cluster.apply(&object);
        cluster.wait(name, &format!("jsonpath={{.status.phase}}={phase}"));
        assert_eq!(cluster.ok(&["logs", name, "-c", "first"]), "first\n");
    }
    cluster.down();
}

#[test]
fn pods_without_a_program_are_ready_after_the_delay_and_go_at_once() {
    let cluster = Cluster::up(&[]);
    cluster.ok(&["create", "deployment", "web", "--image", "nginx", "--replicas", "3"]);
    cluster.ok(&["rollout", "status", "deployment", "web", "--timeout", "30s"]);
    let pod = cluster.ok(&["get", "pods", "-l", "app=web", "-o", "jsonpath={.items[0].metadata.name}"]);
    let refused = cluster.run(&["logs", &pod]);
    assert!(stderr(&refused).contains("is simulated"), "{}", stderr(&refused));
    cluster.ok(&["delete", "deployment", "web", "--cascade=foreground", "--timeout", "20s"]);
    cluster.down();
}

#[test]
fn a_volume_that_nodes_do_not_have_is_named() {
    let cluster = Cluster::up(&[]);
    let mut object = pod("disk", FOREVER);
    object["spec"]["volumes"] = json!([{ "name": "v", "hostPath": { "path": "/" } }]);
    cluster.apply(&object);
    cluster.wait("disk", "jsonpath={.status.containerStatuses[0].state.waiting.message}");
    let message =
        cluster.get("disk")["status"]["containerStatuses"][0]["state"]["waiting"]["message"].clone();
    assert_eq!(message, "volume \"v\": simulated nodes have no hostPath volumes");
    cluster.down();
}
