//! The plane's Service: the API, and the kubelet endpoint, which the API server dials by this address.

use serde_json::{Value, json};

use super::{API_PORT, API_SERVER_PORT, PlaneNames, Values, container::KUBELET_PORT, labels, metadata};

/// Addresses are published before the pod is Ready, for its clients wait by connecting.
pub(super) fn service(names: &PlaneNames, values: &Values) -> Value {
    let mut https =
        json!({"name": "https", "port": API_PORT, "targetPort": API_SERVER_PORT, "protocol": "TCP"});
    if values.service.node_port != 0 {
        https["nodePort"] = json!(values.service.node_port);
    }
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": metadata(names, &names.service),
        "spec": {
            "type": values.service.kind,
            "selector": labels(names),
            "publishNotReadyAddresses": true,
            "ports": [
                https,
                {"name": "kubelet", "port": KUBELET_PORT, "targetPort": KUBELET_PORT, "protocol": "TCP"},
            ],
        },
    })
}
