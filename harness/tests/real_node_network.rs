//! The network of process pods on a real control plane: same ports, Services, probes; and where there are no namespaces.

#[path = "support/cluster.rs"]
mod cluster;
mod lab;

use std::time::Duration;

use cluster::{Cluster, FOREVER, pod};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tenantbench::process::Identity;

/// etcd as a pod: a server with a health page, and one whose port is always the same.
fn etcd(name: &str) -> Value {
    let port = json!({ "httpGet": { "path": "/health", "port": "client" }, "periodSeconds": 1 });
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": name, "labels": { "app": "etcd" } },
        "spec": {
            "terminationGracePeriodSeconds": 5,
            "volumes": [{ "name": "data", "emptyDir": {} }],
            "containers": [{
                "name": "etcd", "image": "registry.k8s.io/etcd:3.6",
                "command": ["etcd", "--data-dir=/data/etcd", "--listen-client-urls=http://0.0.0.0:2379"],
                "args": ["--advertise-client-urls=http://$(IP):2379", "--listen-peer-urls=http://127.0.0.1:2380"],
                "env": [{ "name": "IP", "valueFrom": { "fieldRef": { "fieldPath": "status.podIP" } } }],
                "ports": [{ "name": "client", "containerPort": 2379 }],
                "volumeMounts": [{ "name": "data", "mountPath": "/data" }],
                "startupProbe": port, "readinessProbe": port, "livenessProbe": port,
            }],
        },
    })
}

#[test]
fn two_pods_on_one_port_are_ready_by_their_probes_and_reached_by_service_and_proxy() {
    let cluster = Cluster::up(&[]);
    cluster.apply(&json!({
        "apiVersion": "v1", "kind": "Service", "metadata": { "name": "etcd" },
        "spec": { "selector": { "app": "etcd" }, "ports": [{ "port": 80, "targetPort": "client" }] },
    }));
    let (one, two) = (cluster.ready(&etcd("one")), cluster.ready(&etcd("two")));
    for way in ["pods/one:2379", "pods/two:2379", "services/etcd:80"] {
        let answer =
            cluster.ok(&["get", "--raw", &format!("/api/v1/namespaces/default/{way}/proxy/version")]);
        assert!(answer.contains("etcdserver"), "{way}: {answer}");
    }
    let ask = "exec 3<>/dev/tcp/$0/$1; printf 'GET /version HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3";
    let address = cluster.get(&two)["status"]["podIP"].as_str().unwrap().to_owned();
    let service = cluster.ok(&["get", "service", "etcd", "-o", "jsonpath={.spec.clusterIP}"]);
    for (host, port) in [(address.as_str(), "2379"), (&service, "80")] {
        let answer = cluster.ok(&["exec", &one, "--", "bash", "-c", ask, host, port]);
        assert!(answer.contains("etcdserver"), "{host}: {answer}");
    }
    cluster.down();
}

#[test]
fn a_container_that_fails_its_liveness_probe_starts_again() {
    let cluster = Cluster::up(&[]);
    let mut object = pod("deaf", FOREVER);
    object["spec"]["containers"][0]["livenessProbe"] =
        json!({ "tcpSocket": { "port": 9 }, "periodSeconds": 1, "failureThreshold": 1 });
    cluster.apply(&object);
    cluster.wait("deaf", "jsonpath={.status.containerStatuses[0].restartCount}=1");
    assert!(cluster.ok(&["describe", "pod", "deaf"]).contains("Liveness probe failed"));
    cluster.down();
}

#[test]
fn pods_die_with_a_killed_supervisor() {
    let cluster = Cluster::up(&[]);
    let name = cluster.ready(&pod("main", FOREVER));
    let id = cluster.get(&name)["status"]["containerStatuses"][0]["containerID"].as_str().unwrap().to_owned();
    let process = Identity::of(id.trim_start_matches("process://").parse().unwrap()).unwrap();
    let supervisor = cluster.lab.supervisor();
    supervisor.signal(Signal::SIGKILL);
    assert!(process.wait_ended(Duration::from_secs(10)).unwrap());
    // It holds the run's lock until it has ended, and gc leaves a run alone whose lock is held.
    assert!(supervisor.wait_ended(Duration::from_secs(10)).unwrap());
    cluster.lab.ok(&["gc"]);
    assert!(cluster.lab.is_clean());
}

#[test]
fn without_namespaces_a_pod_finds_its_volumes_and_its_api_server_elsewhere() {
    let cluster = Cluster::up(&[("TENANTBENCH_POD_ISOLATION", "none")]);
    assert_eq!(cluster.lab.host()["facts"]["pod_isolation"], "none");
    let name = cluster.ready(&etcd("one"));
    let script = "echo $KUBERNETES_SERVICE_HOST; cat $TENANTBENCH_POD_ROOT/var/run/secrets/kubernetes.io/serviceaccount/namespace";
    let (code, said, errors) = cluster.exec(&name, script);
    assert_eq!((code, said.as_str()), (0, "127.0.0.1\ndefault"), "{errors}");
    let answer = cluster.ok(&["get", "--raw", "/api/v1/namespaces/default/pods/one:2379/proxy/version"]);
    assert!(answer.contains("etcdserver"), "{answer}");
    cluster.down();
}
