//! Fields that users of both sides may change: a change on the host comes up, unless the tenant has changed them too.
//!
//! Who has changed them is told by a mark on the host's copy: a hash of what both sides last agreed on.

use serde_json::{Map, Value, json};

use crate::{index::hash, json, kinds::Kind, names::marks};

/// The fields, all under `spec`.
fn fields(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Service => &[
            "type",
            "ports",
            "externalName",
            "externalTrafficPolicy",
            "loadBalancerIP",
            "loadBalancerSourceRanges",
            "publishNotReadyAddresses",
            "sessionAffinity",
            "sessionAffinityConfig",
        ],
        Kind::Ingress => &["ingressClassName"],
        Kind::PersistentVolumeClaim => &["resources"],
        _ => &[],
    }
}

/// A hash of them; none of a kind that has none.
pub fn mark(kind: Kind, object: &Value) -> Option<String> {
    let fields = fields(kind);
    (!fields.is_empty()).then(|| {
        let mut shared = json::pick(&object["spec"], fields);
        // Each side has its own, and the host's come up by themselves.
        for port in shared.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
            json::remove(port, &["nodePort"]);
        }
        format!("{:016x}", hash(&json!(shared)))
    })
}

/// Takes them out of a host object, since who may change them is decided apart.
pub(super) fn remove(kind: Kind, spec: &mut Value) {
    json::remove(spec, fields(kind));
}

/// A merge patch by which the tenant's object takes them over from the host's, where the host has any.
pub fn raise(kind: Kind, host: &Value) -> Value {
    let spec: Map<String, Value> =
        fields(kind).iter().map(|&field| (field.to_owned(), host["spec"][field].clone())).collect();
    json!({ "spec": spec })
}

/// What the two sides agreed on, as the host's copy has it.
pub fn agreed(host: &Value) -> Option<&str> {
    json::text(&host["metadata"]["annotations"][marks::AGREED])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_ports_are_not_agreed_on_and_all_else_of_a_port_is() {
        let service = |port: u16, node_port: u16| json!({"spec": {"clusterIP": "10.0.0.1", "ports": [{"port": port, "nodePort": node_port}]}});
        assert_eq!(mark(Kind::Service, &service(80, 30000)), mark(Kind::Service, &service(80, 30001)));
        assert_ne!(mark(Kind::Service, &service(80, 0)), mark(Kind::Service, &service(81, 0)));
        assert_eq!(mark(Kind::ConfigMap, &service(80, 0)), None);
    }

    #[test]
    fn a_field_that_the_host_has_dropped_is_dropped() {
        let host = json!({"spec": {"rules": []}});
        assert_eq!(raise(Kind::Ingress, &host), json!({"spec": {"ingressClassName": null}}));
    }
}
