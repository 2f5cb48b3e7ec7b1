//! Host name and DNS.

use serde_json::{Value, json};

use super::Surroundings;
use crate::json;

const DOMAIN: &str = "cluster.local";
/// The longest host name.
const LONGEST: usize = 63;

/// Gives the host pod the tenant pod's host name and resolver.
pub(super) fn localise(spec: &mut Value, around: &Surroundings<'_>, pod: &str, namespace: &str) {
    let hostname = json::text(&spec["hostname"]).map_or_else(|| hostname_of(pod), str::to_owned);
    let own_network = spec["hostNetwork"] != json!(true);
    let policy = json::text(&spec["dnsPolicy"]).unwrap_or("ClusterFirst").to_owned();
    let by_cluster = policy == "ClusterFirstWithHostNet" || (policy == "ClusterFirst" && own_network);
    let config = spec["dnsConfig"].clone();
    let Some(spec) = spec.as_object_mut() else { return };
    if own_network {
        spec.insert("hostname".to_owned(), json!(hostname));
    }
    if !by_cluster {
        return;
    }
    match around.dns {
        Some(server) => {
            spec.insert("dnsPolicy".to_owned(), json!("None"));
            spec.insert("dnsConfig".to_owned(), tenant_dns(server, namespace, &config));
        }
        // The host's cluster DNS knows none of the tenant's Services, and would answer for the host's by their names.
        None => {
            spec.insert("dnsPolicy".to_owned(), json!("Default"));
        }
    }
}

/// As a kubelet of the tenant would configure it; what the pod asks for comes after, and its options win.
fn tenant_dns(server: &str, namespace: &str, own: &Value) -> Value {
    let searches = [format!("{namespace}.svc.{DOMAIN}"), format!("svc.{DOMAIN}"), DOMAIN.to_owned()];
    let join = |first: Vec<Value>, field: &str| {
        let mut all = first;
        for item in json::list(&own[field]) {
            if !all.contains(item) {
                all.push(item.clone());
            }
        }
        all
    };
    let mut options: Vec<Value> = json::list(&own["options"]).cloned().collect();
    if !options.iter().any(|option| option["name"] == "ndots") {
        options.push(json!({ "name": "ndots", "value": "5" }));
    }
    json!({
        "nameservers": join(vec![json!(server)], "nameservers"),
        "searches": join(searches.into_iter().map(Value::from).collect(), "searches"),
        "options": options,
    })
}

fn hostname_of(pod: &str) -> String {
    let name: String = pod.chars().take(LONGEST).map(|c| if c == '.' { '-' } else { c }).collect();
    name.trim_end_matches('-').to_owned()
}
