//! What of a host object is ours, so that a change that someone else made to it can be told from our own work.

use serde_json::{Map, Value, json};

use super::{claim, metadata, shared};
use crate::{json, kinds::Kind};

/// The part of a host object that we wrote or would write. Left out are what the host alone decides, such as addresses,
/// what either side may change ([`shared`]), and labels and annotations that others have added: they may stay.
pub fn ours(kind: Kind, host: &Value) -> Value {
    let mut ours = content(kind, host);
    if let Some(spec) = ours.get_mut("spec") {
        shared::remove(kind, spec);
        match kind {
            Kind::Service => json::remove(spec, &super::service::ALLOCATED),
            // Nobody can change the rest.
            Kind::PersistentVolumeClaim => *spec = json!(json::pick(spec, &claim::CHANGEABLE)),
            _ => {}
        }
    }
    ours.insert("metadata".to_owned(), metadata::ours(&host["metadata"]));
    json!(ours)
}

/// What of a copy the syncer writes, its metadata apart.
pub(super) fn content(kind: Kind, object: &Value) -> Map<String, Value> {
    match kind {
        Kind::Custom(_) => super::custom::content(object),
        _ => json::pick(object, fields(kind)),
    }
}

/// The fields of it.
fn fields(kind: Kind) -> &'static [&'static str] {
    match kind {
        // What may change in a pod's spec stands in the metadata as a hash; what may not, nobody can change.
        Kind::Pod => &[],
        Kind::ConfigMap => &["data", "binaryData"],
        Kind::Secret => &["data", "type"],
        Kind::Endpoints => &["subsets"],
        Kind::EndpointSlice => &["addressType", "endpoints", "ports"],
        Kind::ServiceAccount => &["automountServiceAccountToken"],
        Kind::PriorityClass => &["value", "globalDefault", "description", "preemptionPolicy"],
        Kind::StorageClass => &super::own_class::STORAGE,
        _ => &["spec"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::content::host_in_test;

    fn copy() -> Value {
        let tenant = json!({
            "metadata": {"name": "c", "namespace": "ns", "uid": "u", "labels": {"app": "web"}}, "data": {"k": "1"},
        });
        host_in_test(Kind::ConfigMap, &tenant).expect("is carried")
    }

    #[test]
    fn what_others_add_is_not_ours_and_what_they_change_is() {
        let mut added = copy();
        added["metadata"]["labels"]["team"] = json!("a");
        added["metadata"]["managedFields"] = json!([]);
        assert_eq!(ours(Kind::ConfigMap, &added), ours(Kind::ConfigMap, &copy()));
        let edits: [fn(&mut Value); 3] = [
            |copy| copy["data"]["k"] = json!("2"),
            |copy| copy["metadata"]["labels"]["app"] = json!("other"),
            |copy| copy["metadata"]["annotations"]["tenantbench.dev/keys"] = json!(";"),
        ];
        for edit in edits {
            let mut edited = copy();
            edit(&mut edited);
            assert_ne!(ours(Kind::ConfigMap, &edited), ours(Kind::ConfigMap, &copy()), "{edited}");
        }
    }

    #[test]
    fn addresses_and_node_ports_are_the_hosts() {
        let service = |ip: &str, node_port: u16| json!({"spec": {"clusterIP": ip, "type": "NodePort", "ports": [{"port": 80, "nodePort": node_port}]}});
        assert_eq!(ours(Kind::Service, &service("a", 1)), ours(Kind::Service, &service("b", 2)));
    }
}
