//! The virtual cluster's controllers.

use serde_json::{Value, json};

use super::{CONTAINERS, Demand, PKI, PULL, Values, heap, mount};

/// Controllers that need nodes or disks are the host's business.
const CONTROLLERS: &str = "*,-nodeipam,-nodelifecycle,-persistentvolume-binder,-attachdetach,\
                           -persistentvolume-expander,-cloud-node-lifecycle";

pub(in super::super) fn controller_manager(values: &Values, demand: &Demand) -> Value {
    json!({
        "name": CONTAINERS[2],
        "image": values.images.controller_manager,
        "imagePullPolicy": PULL,
        "command": [
            "kube-controller-manager",
            "--kubeconfig=/pki/controller-manager.kubeconfig",
            format!("--controllers={CONTROLLERS}"),
            format!("--service-cluster-ip-range={}", values.service_cidr),
            "--root-ca-file=/pki/ca.crt", "--service-account-private-key-file=/pki/accounts.key",
            "--cluster-signing-cert-file=/pki/ca.crt", "--cluster-signing-key-file=/pki/ca.key",
            "--leader-elect=false", "--profiling=false",
            // The client-side limit of 20 calls a second would be what start-up and bursts measure.
            "--kube-api-qps=500", "--kube-api-burst=1000",
            // Nobody scrapes it, and its port would make it look up who may, on an API server that is not up yet.
            "--secure-port=0",
            // Its default is a folder of the machine, which it would create.
            "--flex-volume-plugin-dir=/var/run/kubernetes/flex",
        ],
        "env": [heap(values)],
        "resources": demand.to_json(),
        "volumeMounts": [mount("pki", PKI), mount("run", "/var/run/kubernetes")],
    })
}
