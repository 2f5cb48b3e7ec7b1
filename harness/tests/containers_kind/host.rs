//! A cluster that works: what it says of itself, the way to a Service, its logs, and its end.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    time::Duration,
};

use serde_json::Value;
use tenantbench::host::{Host, supervised::SupervisedHost};

use crate::{
    KindLab,
    lab::{stderr, stdout},
};

#[test]
fn a_cluster_comes_up_is_reached_breaks_with_its_node_and_goes_without_a_trace() {
    let Some(kind) = KindLab::new() else { return };
    let up = kind.up().output().unwrap();
    assert!(up.status.success(), "{}", stderr(&up));
    assert!(stderr(&up).contains("kind: Starting control-plane"), "no progress: {}", stderr(&up));

    let status = kind.lab.host();
    assert_eq!((&status["kind"], &status["facts"]["nodes"]), (&"kind".into(), &"real".into()), "{status:#}");
    for program in ["docker", "kind", "kubelet", "container-runtime", "node-image"] {
        assert!(status["facts"]["versions"][program].is_string(), "{program}: {status:#}");
    }
    assert_eq!(kind.in_docker().len(), 2, "a node and a network: {:?}", kind.in_docker());

    let runtime = tokio::runtime::Runtime::new().unwrap();
    drop(rustls::crypto::ring::default_provider().install_default());
    runtime.block_on(async {
        let host = SupervisedHost::connect(&kind.runs(), &"default".parse().unwrap()).await.unwrap();
        assert!(host.processes().is_empty());
        let audit = fs_err::read_to_string(host.audit_log().unwrap()).unwrap();
        assert!(audit.contains("\"verb\":\"create\""), "the audit log has no write");

        let dns = host.forward("kube-system", "kube-dns", 9153).await.unwrap();
        assert!(answer(dns).contains("coredns_build_info"), "no metrics of CoreDNS");
        assert_eq!(host.forward("kube-system", "kube-dns", 9153).await.unwrap(), dns);
        let refused = host.forward("kube-system", "kube-dns", 1).await.unwrap_err();
        assert!(refused.to_string().contains("no such port"), "{refused}");

        let logs = kind.lab.path("logs");
        host.save_logs(&logs).await.unwrap();
        let node = logs.join(&host.containers()[0]);
        assert!(node.join("log/pods").is_dir() && node.join("inspect.json").is_file(), "{}", node.display());
        let pods: Value = serde_json::from_slice(&fs_err::read(logs.join("pods.json")).unwrap()).unwrap();
        // CoreDNS has answered; what a node runs by itself may be told of later.
        assert!(pods.to_string().contains("coredns"), "{pods}");
        assert!(!node.join("log/tenantbench").exists(), "the audit log was copied too");
    });

    // A cluster of its own for this would be half a minute more.
    breaks_with_its_node(&kind);
    let down = kind.lab.ok(&["host", "down"]);
    assert!(stdout(&down).contains("removed container"), "{}", stdout(&down));
    assert!(kind.in_docker().is_empty(), "{:?}", kind.in_docker());
    assert!(kind.lab.is_clean());
}

/// What an HTTP server says at `/metrics`.
fn answer(address: std::net::SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// Whoever asks hears which node ended, and how.
fn breaks_with_its_node(kind: &KindLab) {
    let node = kind.lab.host()["containers"][0].as_str().unwrap().to_owned();
    let killed = Command::new("docker").args(["kill", &node]).output().unwrap();
    assert!(killed.status.success(), "{}", stderr(&killed));
    let reason = kind.lab.until(|| kind.lab.host()["state"]["reason"].as_str().map(str::to_owned));
    assert!(reason.contains(&format!("the node {node} ended with code 137")), "{reason}");
}
