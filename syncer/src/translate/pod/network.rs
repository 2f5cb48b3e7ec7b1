//! Host name, names in /etc/hosts, and DNS.

use serde_json::{Value, json};

use super::Surroundings;
use crate::json;

/// The longest host name.
const LONGEST: usize = 63;
/// What a pod may have at most; a kubelet leaves out the rest, and so do we.
const MOST_NAMESERVERS: usize = 3;
const MOST_SEARCHES: usize = 32;

/// Gives the host pod the tenant pod's host name, the name of its API, and its resolver.
pub(super) fn localise(spec: &mut Value, around: &Surroundings<'_>, pod: &str, namespace: &str) {
    let has_own_network = spec["hostNetwork"] != json!(true);
    let hostname = json::text(&spec["hostname"]).map_or_else(|| hostname_of(pod), str::to_owned);
    let full = full_name(spec, &hostname, namespace, &around.rules.domain);
    let aliases = aliases(spec, around);
    let Some(fields) = spec.as_object_mut() else { return };
    if has_own_network {
        fields.insert("hostname".to_owned(), json!(hostname));
        if let Some(full) = full {
            fields.insert("hostnameOverride".to_owned(), json!(full));
        }
    }
    fields.insert("hostAliases".to_owned(), aliases);
    resolve(spec, around, namespace, has_own_network);
}

/// The host name of a pod that wants its full one. The host would make it of its own namespace and domain, so it is
/// given whole. Too long a one is the API server's to refuse.
fn full_name(spec: &Value, hostname: &str, namespace: &str, domain: &str) -> Option<String> {
    let subdomain = json::text(&spec["subdomain"])?;
    (spec["setHostnameAsFQDN"] == json!(true))
        .then(|| format!("{hostname}.{subdomain}.{namespace}.svc.{domain}"))
}

/// The pod's own entries, and the tenant's API under the names of its Service, also for pods without the tenant's DNS.
/// What comes first counts, so the pod's own win.
fn aliases(spec: &Value, around: &Surroundings<'_>) -> Value {
    let names = ["", ".default", ".default.svc"].map(|rest| format!("kubernetes{rest}"));
    let whole = format!("kubernetes.default.svc.{}", around.rules.domain);
    let names: Vec<Value> = names.into_iter().chain([whole]).map(Value::from).collect();
    let mut all: Vec<Value> = json::list(&spec["hostAliases"]).cloned().collect();
    // Entries of one address are merged by it.
    match all.iter_mut().find(|alias| alias["ip"] == around.api.0) {
        Some(own) => {
            let mut hostnames: Vec<Value> = json::list(&own["hostnames"]).cloned().collect();
            hostnames.extend(names);
            *own = json!({ "ip": around.api.0, "hostnames": hostnames });
        }
        None => all.push(json!({ "ip": around.api.0, "hostnames": names })),
    }
    Value::Array(all)
}

fn resolve(spec: &mut Value, around: &Surroundings<'_>, namespace: &str, has_own_network: bool) {
    let by_cluster = match json::text(&spec["dnsPolicy"]) {
        None | Some("ClusterFirst") => has_own_network,
        Some(policy) => policy == "ClusterFirstWithHostNet",
    };
    let config = by_cluster.then(|| {
        around.dns.map(|server| tenant_dns(server, namespace, &around.rules.domain, &spec["dnsConfig"]))
    });
    let Some(spec) = spec.as_object_mut() else { return };
    match config {
        None => {}
        Some(Some(config)) => {
            spec.insert("dnsPolicy".to_owned(), json!("None"));
            spec.insert("dnsConfig".to_owned(), config);
        }
        // The host's cluster DNS knows none of the tenant's Services, and would answer for the host's by their names.
        Some(None) => {
            spec.insert("dnsPolicy".to_owned(), json!("Default"));
        }
    }
}

/// As a kubelet of the tenant would configure it; what the pod asks for comes after, and its options win.
fn tenant_dns(server: &str, namespace: &str, domain: &str, own: &Value) -> Value {
    let searches = [format!("{namespace}.svc.{domain}"), format!("svc.{domain}"), domain.to_owned()];
    let join = |first: Vec<Value>, field: &str, most: usize| {
        let mut all = first;
        for item in json::list(&own[field]) {
            if !all.contains(item) {
                all.push(item.clone());
            }
        }
        all.truncate(most);
        all
    };
    let mut options: Vec<Value> = json::list(&own["options"]).cloned().collect();
    if !options.iter().any(|option| option["name"] == "ndots") {
        options.push(json!({ "name": "ndots", "value": "5" }));
    }
    json!({
        "nameservers": join(vec![json!(server)], "nameservers", MOST_NAMESERVERS),
        "searches": join(searches.into_iter().map(Value::from).collect(), "searches", MOST_SEARCHES),
        "options": options,
    })
}

fn hostname_of(pod: &str) -> String {
    let name: String = pod.chars().take(LONGEST).map(|c| if c == '.' { '-' } else { c }).collect();
    name.trim_end_matches('-').to_owned()
}
