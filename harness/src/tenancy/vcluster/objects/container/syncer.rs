//! The syncer, which runs the virtual cluster's pods on the host.

use serde_json::{Value, json};

use super::{CONTAINERS, Demand, HEALTH_PORT, KUBELET_PORT, PKI, PULL, PlaneNames, Values, mount};

pub(in super::super) fn syncer(names: &PlaneNames, values: &Values, demand: &Demand) -> Value {
    let mut own = vec![
        "tenantbench".to_owned(),
        "syncer".to_owned(),
        // What only the first step knows: the Service's address.
        format!("--config={PKI}/syncer.json"),
        format!("--name={}", names.suffix),
        "--tenant-kubeconfig=/pki/syncer.kubeconfig".to_owned(),
        format!("--service={}", names.service),
        format!("--owner=statefulset/{}", names.stateful_set),
        format!("--kubelet-port={KUBELET_PORT}"),
        "--kubelet-cert=/pki/kubelet.crt".to_owned(),
        "--kubelet-key=/pki/kubelet.key".to_owned(),
        "--kubelet-client-ca=/pki/kubelet-client-ca.crt".to_owned(),
        format!("--service-cidr={}", values.service_cidr),
        format!("--listen=0.0.0.0:{HEALTH_PORT}"),
    ];
    if !values.images.coredns.is_empty() {
        own.push(format!("--dns-image={}", values.images.coredns));
    }
    json!({
        "name": CONTAINERS[3],
        "image": values.images.tenantbench,
        "imagePullPolicy": PULL,
        "command": own,
        "args": values.syncer_flags,
        // Its last words say what an operator has to decide, such as that the store is another one.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": HEALTH_PORT}, "periodSeconds": 1},
        "resources": demand.to_json(),
        "volumeMounts": [mount("pki", PKI)],
    })
}

/// Puts the ideal syncer, which only measurements use, into the place of the syncer of a plane's pod.
pub(in crate::tenancy::vcluster) fn ideal(names: &PlaneNames, object: &mut Value) {
    let containers = object.pointer_mut("/spec/template/spec/containers").and_then(Value::as_array_mut);
    let syncer = containers.into_iter().flatten().find(|container| container["name"] == CONTAINERS[3]);
    if let Some(syncer) = syncer {
        syncer["command"] = json!([
            "tenantbench",
            "internal",
            "ideal-syncer",
            format!("--name={}", names.suffix),
            "--tenant-kubeconfig=/pki/syncer.kubeconfig",
            format!("--stateful-set={}", names.stateful_set),
            format!("--port={HEALTH_PORT}"),
        ]);
    }
}
