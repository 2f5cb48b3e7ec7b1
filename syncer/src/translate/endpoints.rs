//! Endpoints and EndpointSlices of Services that have no selector, so that the host cannot make them.

use serde_json::{Map, Value, json};

use crate::{json, kinds::Kind, names::Names};

const SERVICE: &str = "kubernetes.io/service-name";
const MANAGER: &str = "endpointslice.kubernetes.io/managed-by";
/// Makes slices of Endpoints, on either side by itself.
const MIRROR: &str = "endpointslicemirroring-controller.k8s.io";

/// The tenant's Service that an object says it belongs to; none for one that the host makes by itself.
pub fn service(kind: Kind, tenant: &Value) -> Option<&str> {
    let metadata = &tenant["metadata"];
    let labels = &metadata["labels"];
    match kind {
        Kind::Endpoints => json::text(&metadata["name"]),
        Kind::EndpointSlice if labels[MANAGER] != MIRROR => json::text(&labels[SERVICE]),
        _ => None,
    }
}

/// What the host's copy holds, without its name and marks.
pub(super) fn content(kind: Kind, tenant: &Value, names: &Names) -> Map<String, Value> {
    let (fields, lists): (&[&str], &[&str]) = match kind {
        Kind::Endpoints => (&["subsets"], &["addresses", "notReadyAddresses"]),
        _ => (&["addressType", "endpoints", "ports"], &[]),
    };
    let mut content = json::pick(tenant, fields);
    for list in lists {
        for subset in content.get_mut("subsets").and_then(Value::as_array_mut).into_iter().flatten() {
            json::list_mut(subset, list).for_each(|address| retarget(address, names));
        }
    }
    for endpoint in content.get_mut("endpoints").and_then(Value::as_array_mut).into_iter().flatten() {
        retarget(endpoint, names);
    }
    content
}

/// Labels by which the host's own controllers know whose a slice is.
pub(super) fn relabel(host: &mut Value, tenant: &Value, names: &Names) {
    let namespace = json::text(&tenant["metadata"]["namespace"]).unwrap_or_default();
    if let (Some(service), Some(labels)) =
        (service(Kind::EndpointSlice, tenant), json::object_mut(host, "labels"))
    {
        labels.insert(SERVICE.to_owned(), json!(names.host(namespace, service)));
        // Whoever manages it in the tenant has a namesake on the host, which must not take it for its own.
        labels.insert(MANAGER.to_owned(), json!(crate::write::FIELD_MANAGER));
    }
}

/// Lets an address refer to the host's pod instead of the tenant's. Without a uid: it may be that of a pod to come.
fn retarget(address: &mut Value, names: &Names) {
    let target = &address["targetRef"];
    let pod = match (&target["kind"], json::text(&target["namespace"]), json::text(&target["name"])) {
        (Value::String(kind), Some(namespace), Some(name)) if kind == "Pod" => Some(json!({
            "kind": "Pod", "namespace": names.host_namespace(), "name": names.host(namespace, name),
        })),
        _ => None,
    };
    json::remove(address, &["targetRef"]);
    if let (Some(pod), Some(address)) = (pod, address.as_object_mut()) {
        address.insert("targetRef".to_owned(), pod);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::content::host_in_test;

    fn host(kind: Kind, tenant: &Value) -> Value {
        host_in_test(kind, tenant).expect("is carried")
    }

    fn target(kind: &str) -> Value {
        json!({"kind": kind, "namespace": "shop", "name": "db", "uid": "u", "resourceVersion": "3"})
    }

    #[test]
    fn addresses_stay_and_refer_to_the_hosts_pods() {
        let tenant = json!({
            "metadata": {"name": "db", "namespace": "shop", "uid": "e"},
            "subsets": [{
                "addresses": [{"ip": "10.1.0.5", "nodeName": "n1", "targetRef": target("Pod")}],
                "notReadyAddresses": [{"ip": "10.1.0.6", "targetRef": target("Machine")}],
                "ports": [{"port": 5432}],
            }],
        });
        let host = host(Kind::Endpoints, &tenant);
        assert_eq!(
            (&host["kind"], &host["metadata"]["name"]),
            (&json!("Endpoints"), &json!("db-x-shop-x-vc"))
        );
        let pod = json!({"kind": "Pod", "namespace": "host-ns", "name": "db-x-shop-x-vc"});
        assert_eq!(
            host["subsets"],
            json!([{
                "addresses": [{"ip": "10.1.0.5", "nodeName": "n1", "targetRef": pod}],
                "notReadyAddresses": [{"ip": "10.1.0.6"}],
                "ports": [{"port": 5432}],
            }])
        );
    }

    fn slice(manager: &str) -> Value {
        json!({
            "metadata": {
                "name": "db-1", "namespace": "shop", "uid": "e",
                "labels": {"app": "db", (SERVICE): "db", (MANAGER): manager},
            },
            "addressType": "IPv4",
            "endpoints": [{"addresses": ["10.1.0.5"], "conditions": {"ready": true}, "targetRef": target("Pod")}],
            "ports": [{"port": 5432, "protocol": "TCP"}],
        })
    }

    #[test]
    fn a_slice_belongs_to_the_hosts_service_and_to_no_controller_of_the_host() {
        let host = host(Kind::EndpointSlice, &slice("endpointslice-controller.k8s.io"));
        assert_eq!(host["apiVersion"], "discovery.k8s.io/v1");
        let labels = &host["metadata"]["labels"];
        assert_eq!((&labels["app"], &labels[SERVICE]), (&json!("db"), &json!("db-x-shop-x-vc")));
        assert_eq!(labels[MANAGER], "tenantbench-syncer");
        assert_eq!(host["endpoints"][0]["targetRef"]["name"], "db-x-shop-x-vc");
        assert_eq!(host["endpoints"][0]["conditions"], json!({"ready": true}));
    }

    #[test]
    fn a_slice_that_mirrors_endpoints_is_made_on_the_host_by_its_own_controller() {
        assert_eq!(service(Kind::EndpointSlice, &slice(MIRROR)), None);
        assert_eq!(service(Kind::EndpointSlice, &slice("me")), Some("db"));
    }
}
