//! Whatever a tenant makes up, translation ends without a panic, and what it makes stays in the virtual cluster.
//!
//! The first byte chooses the kind and the form. In one form the rest spells out changes to an ordinary object, so that
//! most inputs are nearly right; in the other it is the object as JSON text.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use tenantbench_syncer::{
    self,
    kinds::Kind,
    names::Names,
    translate::{
        content,
        metadata::Ownership,
        pod::{self, Rules, Surroundings},
        service::{self, Ask},
    },
};

#[path = "../../tests/tables/hostile.rs"]
mod hostile;

static POD: LazyLock<Value> = LazyLock::new(|| {
    let mut pod: Value =
        serde_json::from_str(include_str!("../../tests/tables/maximal_pod.json")).expect("JSON");
    pod["metadata"]["namespace"] = json!("ns");
    pod["metadata"]["uid"] = json!("u");
    pod
});

static OTHER: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "metadata": {"name": "o", "namespace": "ns", "uid": "u", "labels": {"a": "b"}, "annotations": {"a": "b"}},
        "type": "Opaque", "data": {"k": "dg=="}, "binaryData": {"b": "dg=="},
        "spec": {"type": "NodePort", "clusterIP": "10.0.0.1", "selector": {"a": "b"}, "ports": [{"port": 80, "nodePort": 30000}]},
    })
});

fuzz_target!(|input: &[u8]| {
    let Some((choice, rest)) = input.split_first() else { return };
    let ordinary = if choice % 4 < 2 { &*POD } else { &*OTHER };
    let tenant = match choice & 0x80 {
        0 => hostile::mutated(ordinary.clone(), rest),
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
            for kind in [Kind::ConfigMap, Kind::Secret] {
                let host = content::host(kind, &tenant, &ownership);
                confined_if_named(&tenant, &host, &ownership, &owner);
            }
        }
    }
});

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
        dns: Some("10.96.0.10"),
        namespaces: &|_| vec!["ns".to_owned()],
        rules: &rules,
    };
    let _ = pod::needs(tenant);
    let _ = pod::ephemeral_containers(tenant, &around);
    if let Ok(host) = pod::host(tenant, &around) {
        hostile::assert_confined(&host, &ownership.names, owner);
        hostile::assert_pod_confined(&host, &ownership.names);
        let _ = pod::patch(tenant, &host, ownership);
    }
}

/// An API server stores nothing of these kinds without name and namespace.
fn confined_if_named(tenant: &Value, host: &Value, ownership: &Ownership, owner: &Value) {
    let is_named = |field: &str| tenant["metadata"][field].as_str().is_some_and(|text| !text.is_empty());
    if is_named("name") && is_named("namespace") {
        hostile::assert_confined(host, &ownership.names, owner);
    }
}
