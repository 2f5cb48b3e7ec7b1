//! What is done with bytes that a fuzzer or a test makes up: whatever object they spell out, translation ends
//! without a panic, and what it makes stays in the virtual cluster.
//!
//! The first byte chooses the kind and the form. In one form the rest spells out changes to an ordinary object, so that
//! most inputs are nearly right; in the other it is the object as JSON text.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::tenantbench_syncer::{
    self,
    kinds::Kind,
    names::Names,
    translate::{
        content::{self, Around},
        metadata::Ownership,
        pod::{self, Rules, Sources, Surroundings},
        service::{self, Ask},
    },
};

#[path = "hostile.rs"]
mod hostile;

/// The first byte's highest bit: the rest is JSON.
const TEXT: u8 = 0x80;

/// Kinds that one engine copies. What lies in no namespace has no owner to be held against.
const COPIED: [Kind; 9] = [
    Kind::ConfigMap,
    Kind::Secret,
    Kind::PersistentVolumeClaim,
    Kind::Endpoints,
    Kind::EndpointSlice,
    Kind::Ingress,
    Kind::NetworkPolicy,
    Kind::PodDisruptionBudget,
    Kind::ServiceAccount,
];

static POD: LazyLock<Value> = LazyLock::new(|| {
    let mut pod: Value = serde_json::from_str(include_str!("maximal_pod.json")).expect("JSON");
    pod["metadata"]["namespace"] = json!("ns");
    pod["metadata"]["uid"] = json!("u");
    pod
});

static OTHER: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "metadata": {"name": "o", "namespace": "ns", "uid": "u", "labels": {"a": "b"}, "annotations": {"a": "b"}},
        "type": "Opaque", "data": {"k": "dg=="}, "binaryData": {"b": "dg=="},
        "subsets": [{"addresses": [{"ip": "10.1.0.1", "targetRef": {"kind": "Pod", "name": "p"}}], "ports": [{"port": 80}]}],
        "addressType": "IPv4", "endpoints": [{"addresses": ["10.1.0.1"], "targetRef": {"kind": "Pod", "name": "p"}}],
        "spec": {
            "type": "NodePort", "clusterIP": "10.0.0.1", "selector": {"a": "b"}, "ports": [{"port": 80, "nodePort": 30000}],
            "accessModes": ["ReadWriteOnce"], "storageClassName": "c", "resources": {"requests": {"storage": "1Gi"}},
            "tls": [{"secretName": "s"}], "rules": [{"http": {"paths": [{"backend": {"service": {"name": "o"}}}]}}],
            "podSelector": {"matchLabels": {"a": "b"}}, "ingress": [{"from": [{"namespaceSelector": {}}]}],
            "minAvailable": 1,
        },
    })
});

/// Makes an object of the bytes and translates it. Panics where that leads out of the virtual cluster.
pub(crate) fn feed(input: &[u8]) {
    let Some((choice, rest)) = input.split_first() else { return };
    let is_pod = choice % 4 < 2;
    let tenant = match choice & TEXT {
        0 => hostile::mutated(if is_pod { POD.clone() } else { OTHER.clone() }, rest),
        _ => match serde_json::from_slice(rest) {
            Ok(object) => object,
            Err(_) => return,
        },
    };
    let owner = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "plane", "uid": "o"});
    let ownership = Ownership { names: Names::new("vc", "host-ns"), owner: Some(owner.clone()) };
    match choice % 4 {
        0 | 1 => translate_pod(&tenant, &ownership, &owner),
        2 => {
            let host = service::host(&tenant, &ownership, &Ask::Tenants);
            confined_if_named(&tenant, &host, &ownership, &owner);
        }
        _ => {
            let around = Around { ownership: &ownership, namespaces: &|_| vec!["ns".to_owned()] };
            for host in COPIED.into_iter().filter_map(|kind| content::host(kind, &tenant, &around).ok()) {
                confined_if_named(&tenant, &host, &ownership, &owner);
            }
        }
    }
}

fn translate_pod(tenant: &Value, ownership: &Ownership, owner: &Value) {
    let rules = Rules {
        csi_drivers: vec!["d.example.com".to_owned()],
        runtime_classes: vec!["sandbox".to_owned()],
        ..Rules::default()
    };
    let around = Surroundings {
        ownership,
        api: ("10.96.0.1", 443),
        links: &[],
        sources: &Sources::default(),
        dns: Some("10.96.0.10"),
        namespaces: &|_| vec!["ns".to_owned()],
        rules: &rules,
    };
    let _ = pod::needs(tenant);
    let _ = Sources::named(tenant);
    let _ = pod::ephemeral_containers(tenant, &around);
    if let Ok(host) = pod::host(tenant, &around) {
        hostile::assert_confined(&host, &ownership.names, owner);
        hostile::assert_pod_confined(&host, &ownership.names);
        let _ = pod::patch(tenant, &host, ownership);
        let _ = pod::resize(tenant, &host);
    }
}

/// An API server stores nothing of these kinds without name and namespace.
fn confined_if_named(tenant: &Value, host: &Value, ownership: &Ownership, owner: &Value) {
    let is_named = |field: &str| tenant["metadata"][field].as_str().is_some_and(|text| !text.is_empty());
    if is_named("name") && is_named("namespace") {
        hostile::assert_confined(host, &ownership.names, owner);
    }
}
