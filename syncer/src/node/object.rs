//! What a synthesised Node and its lease look like.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::names::marks;

/// What all Nodes of a tenant have in common.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) address: String,
    pub(super) port: u16,
    pub(super) version: String,
}

/// Generous, for the host alone decides what fits: nothing in the tenant schedules by these.
fn capacity() -> Value {
    json!({ "cpu": "256", "memory": "4Ti", "ephemeral-storage": "64Ti", "pods": "10000" })
}

pub(super) fn node(name: &str, facts: &Facts, now: Timestamp) -> Value {
    let now = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let condition = |kind: &str, status: &str, reason: &str| {
        json!({
            "type": kind, "status": status, "reason": reason, "message": "kept by the tenantbench syncer",
            "lastHeartbeatTime": now, "lastTransitionTime": now,
        })
    };
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {
            "name": name,
            "labels": { (marks::SYNTHESISED): "true", "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" },
        },
        "status": {
            "capacity": capacity(), "allocatable": capacity(),
            "conditions": [
                condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
                condition("DiskPressure", "False", "KubeletHasNoDiskPressure"),
                condition("PIDPressure", "False", "KubeletHasSufficientPID"),
                condition("Ready", "True", "KubeletReady"),
            ],
            // A Hostname would be dialled first, and resolves nowhere.
            "addresses": [{ "type": "InternalIP", "address": facts.address }],
            "daemonEndpoints": { "kubeletEndpoint": { "Port": facts.port } },
            "nodeInfo": {
                "kubeletVersion": facts.version, "kubeProxyVersion": "", "operatingSystem": "linux", "architecture": "",
                "osImage": "tenantbench", "kernelVersion": "", "containerRuntimeVersion": "", "machineID": "",
                "systemUUID": "", "bootID": "",
            },
            "declaredFeatures": ["ExtendWebSocketsToKubelet"],
        },
    })
}

pub(super) fn lease(name: &str, now: Timestamp) -> Value {
    json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": { "name": name, "namespace": super::LEASES },
        "spec": {
            "holderIdentity": name, "leaseDurationSeconds": 40,
            "renewTime": now.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
        },
    })
}
