//! The Service without an address that gives the plane's pod its name.

use serde_json::{Value, json};

use super::{API_SERVER_PORT, PlaneNames, labels, metadata};

pub(super) fn headless(names: &PlaneNames) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": metadata(names, &names.headless()),
        "spec": {
            "clusterIP": "None",
            "selector": labels(names),
            "publishNotReadyAddresses": true,
            "ports": [{
                "name": "https", "port": API_SERVER_PORT, "targetPort": API_SERVER_PORT, "protocol": "TCP",
            }],
        },
    })
}
