//! The store. It answers on the pod's own loopback, which nothing but its containers can reach, so it needs no
//! certificates.

use serde_json::{Value, json};

use super::{CONTAINERS, Demand, PULL, mount};

/// An init container that stays: it is there before the first step, and ends after the API server.
pub(in super::super) fn etcd(image: &str, demand: &Demand, has_disk: bool) -> Value {
    let mut command = vec![
        "etcd",
        "--name=tenant",
        "--data-dir=/data/etcd",
        "--log-level=warn",
        "--listen-client-urls=http://127.0.0.1:2379",
        "--advertise-client-urls=http://127.0.0.1:2379",
        "--listen-peer-urls=http://127.0.0.1:2380",
        "--initial-advertise-peer-urls=http://127.0.0.1:2380",
        "--initial-cluster=tenant=http://127.0.0.1:2380",
    ];
    if !has_disk {
        // The data live no longer than the pod: a power cut takes both.
        command.push("--unsafe-no-fsync");
    }
    json!({
        "name": CONTAINERS[0],
        "image": image,
        "imagePullPolicy": PULL,
        "restartPolicy": "Always",
        "command": command,
        "resources": demand.to_json(),
        "volumeMounts": [mount("data", "/data")],
    })
}
