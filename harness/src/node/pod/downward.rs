//! What a pod may learn of itself: field references and resource field references.

use std::{collections::BTreeMap, fmt::Write, net::Ipv4Addr};

use k8s_openapi::api::core::v1::{Container, Pod, ResourceFieldSelector};
use kube::ResourceExt;

use crate::node::object;

/// What a pod learns beside its own object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) node: Ipv4Addr,
    pub(crate) pod: Ipv4Addr,
}

/// The value of a field path; none if it names nothing that is known.
pub(crate) fn field(pod: &Pod, place: Place, path: &str) -> Option<String> {
    let spec = pod.spec.as_ref()?;
    Some(match path {
        "metadata.name" => pod.name_any(),
        "metadata.namespace" => pod.namespace().unwrap_or_default(),
        "metadata.uid" => pod.uid().unwrap_or_default(),
        "metadata.labels" => listed(pod.labels()),
        "metadata.annotations" => listed(pod.annotations()),
        "spec.nodeName" => spec.node_name.clone().unwrap_or_default(),
        "spec.serviceAccountName" => spec.service_account_name.clone().unwrap_or_default(),
        "status.hostIP" | "status.hostIPs" => place.node.to_string(),
        "status.podIP" | "status.podIPs" => place.pod.to_string(),
        _ => {
            let (map, key) = path.strip_suffix("']")?.split_once("['")?;
            match map {
                "metadata.labels" => pod.labels().get(key).cloned().unwrap_or_default(),
                "metadata.annotations" => pod.annotations().get(key).cloned().unwrap_or_default(),
                _ => return None,
            }
        }
    })
}

/// Labels or annotations as a file of the downward API shows them.
fn listed(map: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    for (key, value) in map {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{key}={value:?}");
    }
    text.trim_end().to_owned()
}

/// The value of a container's resource, in units of the divisor; a limit that is not set is the node's own.
pub(crate) fn resource(container: &Container, selector: &ResourceFieldSelector) -> Option<String> {
    let (kind, name) = selector.resource.split_once('.')?;
    let resources = container.resources.as_ref();
    let list = resources.and_then(|resources| match kind {
        "limits" => resources.limits.as_ref(),
        _ => resources.requests.as_ref(),
    });
    let set = list.and_then(|list| list.get(name)).and_then(|quantity| amount(&quantity.0));
    let value = set.unwrap_or_else(|| if kind == "limits" { node_has(name) } else { 0.0 });
    let divisor =
        selector.divisor.as_ref().and_then(|divisor| amount(&divisor.0)).filter(|divisor| *divisor > 0.0);
    Some(format!("{}", (value / divisor.unwrap_or(1.0)).ceil()))
}

/// What a simulated node offers, in cores and bytes.
fn node_has(resource: &str) -> f64 {
    match resource {
        "cpu" => f64::from(object::CPUS),
        "memory" => object::MEMORY_BYTES as f64,
        _ => 0.0,
    }
}

/// A quantity such as `250m`, `1Gi` or `2e3` as a number.
fn amount(text: &str) -> Option<f64> {
    const UNITS: &[(&str, f64)] = &[
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("Ti", 1_099_511_627_776.0),
        ("m", 1e-3),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
    ];
    let unit = UNITS.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)));
    let (number, factor) = unit.unwrap_or((text, 1.0));
    number.parse::<f64>().ok().map(|number| number * factor)
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn fields_of_the_pod_are_found() {
        let pod: Pod = from_value(json!({
            "metadata": {"name": "p", "namespace": "n", "uid": "u", "labels": {"a": "1", "b/c": "x\"y"}},
            "spec": {"nodeName": "node-0", "serviceAccountName": "s", "containers": []},
        }))
        .unwrap();
        let place = Place { node: Ipv4Addr::new(10, 250, 0, 1), pod: Ipv4Addr::new(10, 244, 0, 2) };
        for (path, wanted) in [
            ("metadata.name", Some("p")),
            ("metadata.labels['b/c']", Some("x\"y")),
            ("metadata.labels", Some("a=\"1\"\nb/c=\"x\\\"y\"")),
            ("spec.nodeName", Some("node-0")),
            ("spec.serviceAccountName", Some("s")),
            ("status.podIP", Some("10.244.0.2")),
            ("status.hostIP", Some("10.250.0.1")),
            ("spec.other", None),
        ] {
            assert_eq!(field(&pod, place, path).as_deref(), wanted, "{path}");
        }
    }

    #[test]
    fn resources_are_given_in_units_of_the_divisor() {
        let container: Container = from_value(json!({
            "name": "c", "resources": {"limits": {"cpu": "1500m", "memory": "1Gi"}},
        }))
        .unwrap();
        let value = |resource: &str, divisor: &str| {
            let selector = from_value(json!({"resource": resource, "divisor": divisor})).unwrap();
            super::resource(&container, &selector).unwrap()
        };
        assert_eq!(value("limits.cpu", "1"), "2");
        assert_eq!(value("limits.cpu", "1m"), "1500");
        assert_eq!(value("limits.memory", "1Mi"), "1024");
        assert_eq!(value("requests.memory", "0"), "0");
    }
}
