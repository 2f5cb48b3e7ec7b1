//! The store. It answers on the pod's own loopback, which nothing but its containers can reach, so it needs no
//! certificates.

use serde_json::{Value, json};

use super::{CONTAINERS, Demand, PULL, Values, heap, mount};

/// An init container that stays: it is there before the first step, and ends after the API server.
pub(in super::super) fn etcd(values: &Values, demand: &Demand) -> Value {
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
    if !values.storage.is_disk() {
        // The data live no longer than the pod: a power cut takes both.
        command.push("--unsafe-no-fsync");
    }
    json!({
        "name": CONTAINERS[0],
        "image": values.images.etcd,
        "imagePullPolicy": PULL,
        "restartPolicy": "Always",
        "command": command,
        "env": [heap(values)],
        "resources": demand.to_json(),
        "volumeMounts": [mount("data", "/data")],
    })
}
