//! Services, and the two steps by which a tenant's cluster address is changed in place.

use serde_json::{Value, json};

use super::{
    metadata::{self, Ownership},
    shared,
};
use crate::{
    json,
    kinds::Kind,
    names::{Names, marks},
};

/// Given by the API server of each side, or derived from what is.
pub(super) const ALLOCATED: [&str; 5] =
    ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"];

/// An address that stands in while a Service has none. It resolves nowhere.
const PLACEHOLDER: &str = "changing-address.invalid";

/// Which addresses to ask the host for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask<'a> {
    /// The tenant's own, so that both sides have the same.
    Tenants,
    /// The host's choice: the tenant's are taken.
    Any,
    /// The cluster address that the host's copy has already; ports as the tenant has them.
    Kept(&'a str),
}

/// What the host's copy holds, whatever its cluster address.
pub fn content(tenant: &Value) -> Value {
    let mut spec = tenant["spec"].clone();
    json::remove(&mut spec, &ALLOCATED);
    // A Service with these takes the traffic of any address, whosever it is.
    json::remove(&mut spec, &["externalIPs"]);
    json!({ "metadata": metadata::content(tenant), "spec": spec })
}

/// The host's copy.
pub fn host(tenant: &Value, ownership: &Ownership, ask: &Ask<'_>) -> Value {
    let mut content = content(tenant);
    let mut metadata = metadata::host(tenant, ownership, &content);
    if let (Some(agreed), Some(annotations)) =
        (shared::mark(Kind::Service, tenant), json::object_mut(&mut metadata, "annotations"))
    {
        annotations.insert(marks::AGREED.to_owned(), json!(agreed));
    }
    let mut spec = content["spec"].take();
    scope_selector(
        &mut spec,
        &ownership.names,
        json::text(&tenant["metadata"]["namespace"]).unwrap_or_default(),
    );
    let own = json::text(&tenant["spec"]["clusterIP"]);
    let address = match ask {
        Ask::Tenants => own,
        Ask::Kept(ip) => Some(*ip),
        Ask::Any => own.filter(|ip| *ip == "None"),
    };
    if let (Some(address), Some(spec)) = (address, spec.as_object_mut()) {
        spec.insert("clusterIP".to_owned(), json!(address));
    }
    if *ask == Ask::Any {
        json::list_mut(&mut spec, "ports").for_each(|port| json::remove(port, &["nodePort"]));
    }
    json!({ "apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec })
}

/// A selector must not reach beyond the tenant's namespace. An absent one stays absent.
fn scope_selector(spec: &mut Value, names: &Names, namespace: &str) {
    if spec["selector"].as_object().is_some_and(|selector| !selector.is_empty())
        && let Some(selector) = json::object_mut(spec, "selector")
    {
        selector.retain(|key, _| !marks::is_ours(key));
        selector.extend(marks::scope(names, namespace));
    }
}

/// First step to another address: a Service without one. The type to return to is noted on it, so that a restart
/// between the steps finishes what was begun.
pub fn release_address(tenant: &Value) -> Value {
    let mut released = tenant.clone();
    let kind = json::text(&tenant["spec"]["type"]).unwrap_or("ClusterIP").to_owned();
    if let Some(annotations) =
        released.get_mut("metadata").and_then(|metadata| json::object_mut(metadata, "annotations"))
    {
        annotations.insert(marks::REPAIRING.to_owned(), json!(kind));
    }
    if let Some(spec) = released.get_mut("spec") {
        json::remove(spec, &ALLOCATED);
        json::remove(spec, &["externalTrafficPolicy", "allocateLoadBalancerNodePorts", "loadBalancerClass"]);
        json::list_mut(spec, "ports").for_each(|port| json::remove(port, &["nodePort"]));
        if let Some(spec) = spec.as_object_mut() {
            spec.insert("type".to_owned(), json!("ExternalName"));
            spec.insert("externalName".to_owned(), json!(PLACEHOLDER));
        }
    }
    released
}

/// Second step: the released Service takes the host's addresses.
pub fn take_address(released: &Value, host: &Value) -> Value {
    let mut taken = released.clone();
    let kind =
        json::text(&released["metadata"]["annotations"][marks::REPAIRING]).unwrap_or("ClusterIP").to_owned();
    if let Some(metadata) = taken.get_mut("metadata")
        && let Some(annotations) = json::object_mut(metadata, "annotations")
    {
        annotations.remove(marks::REPAIRING);
    }
    if let Some(spec) = taken.get_mut("spec") {
        json::remove(spec, &["externalName"]);
        let carried = json::pick(
            &host["spec"],
            &["clusterIP", "externalTrafficPolicy", "allocateLoadBalancerNodePorts", "loadBalancerClass"],
        );
        if let Some(spec) = spec.as_object_mut() {
            spec.insert("type".to_owned(), json!(kind));
            spec.extend(carried);
        }
    }
    take_node_ports(&taken, host)
}

/// The tenant's Service with the host's node ports, which may be changed in place.
pub fn take_node_ports(tenant: &Value, host: &Value) -> Value {
    let mut taken = tenant.clone();
    let Some(spec) = taken.get_mut("spec") else { return taken };
    for port in json::list_mut(spec, "ports") {
        let same = json::list(&host["spec"]["ports"])
            .find(|other| other["port"] == port["port"] && other["protocol"] == port["protocol"]);
        if let (Some(given), Some(port)) =
            (same.and_then(|other| other.get("nodePort")), port.as_object_mut())
        {
            port.insert("nodePort".to_owned(), given.clone());
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ownership() -> Ownership {
        Ownership { names: Names::new("vc", "host-ns"), owner: None }
    }

    fn tenant() -> Value {
        json!({
            "metadata": {"name": "web", "namespace": "shop", "uid": "u", "resourceVersion": "7"},
            "spec": {
                "type": "NodePort", "clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9"],
                "selector": {"app": "web", "tenantbench.dev/vcluster": "other"},
                "ports": [{"port": 80, "protocol": "TCP", "nodePort": 30080}],
            },
        })
    }

    #[test]
    fn the_selector_reaches_only_the_tenants_namespace() {
        let host = host(&tenant(), &ownership(), &Ask::Tenants);
        assert_eq!(
            host["spec"]["selector"],
            json!({"app": "web", "tenantbench.dev/vcluster": "vc", "tenantbench.dev/namespace": "shop"})
        );
    }

    #[test]
    fn a_service_takes_no_address_that_is_not_its_own() {
        let mut tenant = tenant();
        tenant["spec"]["externalIPs"] = json!(["10.0.0.1"]);
        for ask in [Ask::Tenants, Ask::Any] {
            assert_eq!(host(&tenant, &ownership(), &ask)["spec"].get("externalIPs"), None);
        }
    }

    #[test]
    fn a_service_without_selector_stays_without() {
        let mut tenant = tenant();
        json::remove(&mut tenant["spec"], &["selector"]);
        assert!(host(&tenant, &ownership(), &Ask::Tenants)["spec"].get("selector").is_none());
    }

    #[test]
    fn the_tenants_address_is_asked_for_and_given_up_when_taken() {
        assert_eq!(host(&tenant(), &ownership(), &Ask::Tenants)["spec"]["clusterIP"], "10.96.0.9");
        let any = host(&tenant(), &ownership(), &Ask::Any);
        assert!(any["spec"].get("clusterIP").is_none());
        assert!(any["spec"]["ports"][0].get("nodePort").is_none());
    }

    #[test]
    fn the_address_is_not_part_of_the_content_that_is_compared() {
        let mut other = tenant();
        other["spec"]["clusterIP"] = json!("10.96.0.10");
        assert_eq!(content(&tenant()), content(&other));
    }

    #[test]
    fn changing_the_address_ends_where_it_began_but_for_the_addresses() {
        let host = json!({"spec": {
            "clusterIP": "10.96.7.7",
            "ports": [{"port": 80, "protocol": "TCP", "nodePort": 31000}],
        }});
        let released = release_address(&tenant());
        assert_eq!(released["spec"]["type"], "ExternalName");
        let taken = take_address(&released, &host);
        let mut expected = tenant();
        json::remove(&mut expected["spec"], &["clusterIPs"]);
        expected["spec"]["clusterIP"] = json!("10.96.7.7");
        expected["spec"]["ports"][0]["nodePort"] = json!(31000);
        expected["metadata"]["annotations"] = json!({});
        assert_eq!(taken, expected);
    }
}
