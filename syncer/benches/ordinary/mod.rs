//! An ordinary pod as an API server sends it, on both sides.

#![allow(dead_code, reason = "each bench uses its part")]
#![expect(clippy::expect_used, reason = "a bench that cannot begin ends")]

use serde_json::{Value, json};
use tenantbench_syncer::{
    names::{Names, marks},
    object::Object,
    translate::{
        metadata::Ownership,
        pod::{self, Rules, Sources, Surroundings},
    },
};

/// The names of a virtual cluster.
pub(crate) fn names() -> Names {
    Names::new("vc", "host-ns")
}

/// Names, and the plane as owner.
pub(crate) fn ownership() -> Ownership {
    let owner = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "vc", "uid": "f0e1"});
    Ownership { names: names(), owner: Some(owner) }
}

/// Calls `f` with surroundings in which nothing is special.
pub(crate) fn around<T>(ownership: &Ownership, f: impl FnOnce(&Surroundings<'_>) -> T) -> T {
    let rules = Rules::default();
    f(&Surroundings {
        ownership,
        api: ("10.96.0.7", 443),
        links: &[],
        sources: &Sources::default(),
        dns: Some("10.96.0.10"),
        namespaces: &|_| Vec::new(),
        rules: &rules,
    })
}

/// The tenant's pod number `n`: a web server of a Deployment, with a ConfigMap and its token.
pub(crate) fn tenant_pod(n: usize) -> Value {
    let token = json!({"projected": {"defaultMode": 420, "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}},
    ]}, "name": "kube-api-access-x7k2p"});
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": format!("web-7c5ddbdf54-{n:05}"), "namespace": "default", "uid": format!("6f1c2d3e-0000-4000-8000-{n:012}"),
            "resourceVersion": format!("{}", 1000 + n), "generateName": "web-7c5ddbdf54-",
            "labels": {"app": "web", "pod-template-hash": "7c5ddbdf54"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-7c5ddbdf54", "uid": "1", "controller": true}],
        },
        "spec": {
            "containers": [{
                "name": "web", "image": "nginx:1.29", "imagePullPolicy": "IfNotPresent",
                "ports": [{"containerPort": 80, "protocol": "TCP"}],
                "env": [{"name": "MODE", "value": "production"}],
                "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
                "volumeMounts": [
                    {"name": "settings", "mountPath": "/etc/web"},
                    {"name": "kube-api-access-x7k2p", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": true},
                ],
                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
            }],
            "volumes": [{"name": "settings", "configMap": {"name": "settings", "defaultMode": 420}}, token],
            "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
            "serviceAccountName": "default", "serviceAccount": "default", "securityContext": {},
            "schedulerName": "default-scheduler", "enableServiceLinks": true, "preemptionPolicy": "PreemptLowerPriority",
            "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}],
        },
        "status": {"phase": "Pending", "qosClass": "Burstable"},
    })
}

/// Its copy as the host's API server sends it once it runs.
pub(crate) fn host_pod(n: usize, tenant: &Value) -> Value {
    let ownership = ownership();
    let mut host =
        around(&ownership, |around| pod::host(tenant, around)).expect("an ordinary pod is carried");
    assert_eq!(host["metadata"]["annotations"][marks::UID], tenant["metadata"]["uid"]);
    host["metadata"]["uid"] = json!(format!("0a1b2c3d-0000-4000-8000-{n:012}"));
    host["metadata"]["resourceVersion"] = json!(format!("{}", 900_000 + n));
    host["spec"]["nodeName"] = json!("node-1");
    host["status"] = json!({
        "phase": "Running", "hostIP": "10.1.0.1", "podIP": "10.2.0.9", "podIPs": [{"ip": "10.2.0.9"}],
        "startTime": "2026-11-21T10:00:00Z", "qosClass": "Burstable",
        "conditions": [
            {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-11-21T10:00:00Z"},
            {"type": "Initialized", "status": "True", "lastTransitionTime": "2026-11-21T10:00:00Z"},
            {"type": "ContainersReady", "status": "True", "lastTransitionTime": "2026-11-21T10:00:01Z"},
            {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-21T10:00:01Z"},
        ],
        "containerStatuses": [{
            "name": "web", "image": "nginx:1.29", "imageID": "sha256:1", "containerID": "containerd://1", "ready": true,
            "started": true, "restartCount": 0, "state": {"running": {"startedAt": "2026-11-21T10:00:01Z"}},
        }],
    });
    host
}

/// As it comes over the wire.
pub(crate) fn object(tree: &Value) -> Object {
    Object::from_text(&tree.to_string()).expect("an object")
}
