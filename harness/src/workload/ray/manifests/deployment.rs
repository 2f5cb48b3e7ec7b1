//! The operator's Deployment and the Service in front of it.

use serde_json::{Value, json};

use super::{OPERATOR, Options, PORT, labels};

/// One replica, never two: the chart recreates instead of rolling, for the lease would keep the second one waiting.
pub(super) fn deployment(options: &Options) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": OPERATOR, "namespace": options.namespace, "labels": labels()},
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": selector()},
            "template": {
                "metadata": {"labels": labels()},
                "spec": {
                    "serviceAccountName": OPERATOR,
                    "containers": [container(options)],
                },
            },
        },
    })
}

/// The Service through which metrics are read.
pub(super) fn service(namespace: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": OPERATOR, "namespace": namespace, "labels": labels()},
        "spec": {
            "type": "ClusterIP",
            "selector": selector(),
            "ports": [{"name": "http", "port": PORT, "targetPort": "http", "protocol": "TCP"}],
        },
    })
}

fn selector() -> Value {
    json!({"app.kubernetes.io/name": OPERATOR, "app.kubernetes.io/instance": OPERATOR})
}

fn container(options: &Options) -> Value {
    json!({
        "name": OPERATOR,
        "image": options.image,
        "imagePullPolicy": "IfNotPresent",
        "command": command(options),
        "env": [
            {"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
            {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            // The sample's Pods hold no Ray; upstream's operator runs them with these two, and ours knows no other way.
            {"name": "ENABLE_INIT_CONTAINER_INJECTION", "value": "false"},
            {"name": "ENABLE_PROBES_INJECTION", "value": "false"},
        ],
        "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
        "resources": {"limits": {"cpu": "100m", "memory": "512Mi"}},
        "livenessProbe": probe("/healthz", 5),
        "readinessProbe": probe("/readyz", 1),
    })
}

fn command(options: &Options) -> Vec<String> {
    let mut command: Vec<String> = ["tenantbench", "operator", "ray"].map(String::from).into();
    if !options.watch_namespaces.is_empty() {
        command.push(format!("--watch-namespace={}", options.watch_namespaces.join(",")));
    }
    command
}

/// The chart waits 10 s before the first probe, which would be most of what `operator_ready_seconds` measures. The
/// operator answers within a second, so the first probe comes at once and the figure is the operator's own.
fn probe(path: &str, period_seconds: u32) -> Value {
    json!({
        "httpGet": {"path": path, "port": "http"},
        "initialDelaySeconds": 0,
        "periodSeconds": period_seconds,
        "failureThreshold": 5,
    })
}
