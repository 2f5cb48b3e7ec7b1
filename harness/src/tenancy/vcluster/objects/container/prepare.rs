//! The first step of a plane: keys, certificates for the addresses that it has by now, kubeconfigs.

use serde_json::{Value, json};

use super::{Demand, PKI, PULL, PlaneNames, Values, mount};

pub(in super::super) fn prepare(names: &PlaneNames, values: &Values, demand: &Demand) -> Value {
    json!({
        "name": "prepare",
        "image": values.images.tenantbench,
        "imagePullPolicy": PULL,
        "command": [
            "tenantbench", "plane", "prepare",
            format!("--name={}", names.cluster),
            format!("--service-name={}", names.service),
            format!("--owning-statefulset={}", names.stateful_set),
            format!("--out-kube-config-secret={}", names.kubeconfig),
            format!("--tls-san={}", values.tls_sans.join(",")),
            format!("--folder={PKI}"),
        ],
        "resources": demand.to_json(),
        "volumeMounts": [mount("pki", PKI)],
    })
}
