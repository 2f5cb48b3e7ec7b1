//! The plane: one pod with a store, an API server, controllers and a syncer.

use serde_json::{Value, json};

use super::{PlaneNames, Values, container, labels, metadata};

/// An API server whose etcd goes with it waits in vain for its requests to end, and its data goes with the pod anyway.
/// With Kubernetes' own 5 s before it clears a namespace, the tenant's processes are gone well within 10.
const GRACE_SECONDS: u32 = 2;

/// etcd starts first and stays; the first step ends before anything else begins.
pub(super) fn stateful_set(names: &PlaneNames, values: &Values) -> Value {
    let resources = values.resources.settled();
    let has_disk = values.storage.is_disk();
    let mut volumes = vec![json!({"name": "pki", "emptyDir": {}}), json!({"name": "run", "emptyDir": {}})];
    if !has_disk {
        volumes.push(json!({"name": "data", "emptyDir": {}}));
    }
    let mut set = json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata(names, &names.stateful_set),
        "spec": {
            "replicas": 1, "serviceName": names.headless(), "podManagementPolicy": "Parallel",
            "selector": {"matchLabels": labels(names)},
            "template": {
                "metadata": {"labels": labels(names)},
                "spec": {
                    "serviceAccountName": names.account(),
                    "enableServiceLinks": false,
                    "terminationGracePeriodSeconds": GRACE_SECONDS,
                    "initContainers": [
                        container::etcd(values, &resources.etcd),
                        container::prepare(names, values, &resources.prepare),
                    ],
                    "containers": [
                        container::api_server(values, &resources.api_server),
                        container::controller_manager(values, &resources.controller_manager),
                        container::syncer(names, values, &resources.syncer),
                    ],
                    "volumes": volumes,
                },
            },
        },
    });
    if has_disk {
        set["spec"]["volumeClaimTemplates"] = json!([claim(names, values)]);
        // A virtual cluster that is gone leaves no data; one that pauses keeps them.
        set["spec"]["persistentVolumeClaimRetentionPolicy"] =
            json!({"whenDeleted": "Delete", "whenScaled": "Retain"});
    }
    set
}

fn claim(names: &PlaneNames, values: &Values) -> Value {
    let mut claim = json!({
        "metadata": {"name": "data", "labels": labels(names)},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": values.storage.size}},
        },
    });
    if !values.storage.class.is_empty() {
        claim["spec"]["storageClassName"] = json!(values.storage.class);
    }
    claim
}
