//! Pods of ours that run a small program of [`crate::inside`] for a tenant.

use serde_json::{Value, json};

use crate::image;

/// A container that runs `tenantbench internal …`. It asks for little and has a limit, so that any quota admits it, and
/// meets the Pod Security level `restricted`.
pub fn container(program: &[&str]) -> Value {
    let command: Vec<&str> = ["tenantbench", "internal"].iter().chain(program).copied().collect();
    json!({
        "name": NAME,
        "image": image::REFERENCE,
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "resources": {
            "requests": {"cpu": "5m", "memory": "16Mi"},
            "limits": {"cpu": "500m", "memory": "64Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"]},
        },
    })
}

/// The name of the one container of such a pod.
pub const NAME: &str = "program";

/// A pod of one such container. `more` is merged into its container, `spec` into its spec.
pub fn pod(name: &str, program: &[&str], more: Value, spec: Value) -> Value {
    let mut container = container(program);
    merge(&mut container, more);
    let mut whole = json!({"containers": [container], "terminationGracePeriodSeconds": 2});
    merge(&mut whole, spec);
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": whole,
    })
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}
