//! Pods, tenant to host.

mod change;
mod downward;
mod environment;
mod network;
mod placement;
mod references;
mod rules;
mod sources;
mod tokens;
mod volumes;

use serde_json::{Map, Value, json};

pub use change::{changeable, metadata, missing_ephemeral, patch, resize};
pub use rules::Rules;
pub use sources::Sources;
pub use tokens::{Tokens, token_secret};
pub use volumes::{CA_KEY, NAMESPACE_KEY, TokenAsk};

use super::{Refused, metadata::Ownership, status};
use crate::{index::Link, json, kinds::Kind, names::Names};

/// What a pod's translation needs to know of its surroundings.
#[derive(Clone)]
pub struct Surroundings<'a> {
    /// Names and owner.
    pub ownership: &'a Ownership,
    /// Where pods reach the tenant's API: an address of the host, and a port.
    pub api: (&'a str, u16),
    /// The Services of the pod's namespace.
    pub links: &'a [Link],
    /// What the pod's containers have as variables from ConfigMaps and Secrets.
    pub sources: &'a Sources,
    /// The tenant's own DNS.
    pub dns: Option<&'a str>,
    /// The tenant namespaces that a label selector means.
    pub namespaces: &'a dyn Fn(&Value) -> Vec<String>,
    /// What the tenant's pods may do.
    pub rules: &'a Rules,
}

/// What a pod names and asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Objects of its namespace.
    pub names: Vec<(Kind, String)>,
    /// Tokens of its service account.
    pub tokens: Vec<TokenAsk>,
}

/// The lists of a pod's spec that hold containers.
const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// Fields of a pod's spec that mean nothing on the host, or something else.
const DROPPED: [&str; 11] = [
    "serviceAccountName",
    "serviceAccount",
    "priority",
    "priorityClassName",
    "preemptionPolicy",
    // Their conditions are in the tenant, and reach the host by option only.
    "readinessGates",
    // Without the tenant's headless Service under its own name, the host's DNS could not answer for these.
    "subdomain",
    "setHostnameAsFQDN",
    // Not allowed when a pod is made.
    "ephemeralContainers",
    // Of the host's runtime class, if any.
    "overhead",
    "nodeName",
];

/// What a tenant's pod names and asks for.
pub fn needs(tenant: &Value) -> Needs {
    let mut spec = tenant["spec"].clone();
    let tokens = volumes::fold_tokens(&mut spec, "");
    volumes::claim_of_ephemeral(&mut spec, json::text(&tenant["metadata"]["name"]).unwrap_or_default());
    let mut names = Vec::new();
    references::visit(&mut spec, &mut |kind, name| {
        if !name.is_empty() && !names.contains(&(kind, name.clone())) {
            names.push((kind, name.clone()));
        }
    });
    Needs { names, tokens }
}

/// The tokens of it.
pub fn token_asks(tenant: &Value) -> Vec<TokenAsk> {
    volumes::fold_tokens(&mut json!({ "volumes": tenant["spec"]["volumes"] }), "")
}

/// The host's pod.
///
/// # Errors
/// A pod that cannot be carried as it is.
pub fn host(tenant: &Value, around: &Surroundings<'_>) -> Result<Value, Refused> {
    around.rules.check(tenant, &DROPPED)?;
    let mut annotations = Map::new();
    let mut spec = spec(tenant, around, &mut annotations);
    json::remove(&mut spec, &DROPPED);
    if let Some(spec) = spec.as_object_mut() {
        spec.insert("automountServiceAccountToken".to_owned(), json!(false));
        spec.insert("enableServiceLinks".to_owned(), json!(false));
        spec.extend(by_option(tenant, around));
    }
    let mut metadata = metadata(tenant, around.ownership);
    if let Some(all) = json::object_mut(&mut metadata, "annotations") {
        all.extend(annotations);
    }
    Ok(json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec }))
}

/// The tenant's ephemeral containers as the host's pod, which is there already, is to have them.
///
/// # Errors
/// A pod that with them must not be.
pub fn ephemeral_containers(tenant: &Value, around: &Surroundings<'_>) -> Result<Vec<Value>, Refused> {
    around.rules.check(tenant, &DROPPED)?;
    let spec = spec(tenant, around, &mut Map::new());
    Ok(json::list(&spec["ephemeralContainers"]).cloned().collect())
}

/// The tenant's spec with everything in it translated, and the annotations that it then reads.
fn spec(tenant: &Value, around: &Surroundings<'_>, annotations: &mut Map<String, Value>) -> Value {
    let names = &around.ownership.names;
    let source = &tenant["metadata"];
    let namespace = json::text(&source["namespace"]).unwrap_or_default();
    let name = json::text(&source["name"]).unwrap_or_default();
    let mut spec = tenant["spec"].clone();
    let uid = json::text(&source["uid"]).unwrap_or_default();
    let secret = names.token_secret(namespace, name, uid);
    volumes::fold_tokens(&mut spec, &secret);
    volumes::claim_of_ephemeral(&mut spec, name);
    // First, for it reads which objects the tenant names.
    environment::inject(&mut spec, around, tenant["spec"]["enableServiceLinks"] != json!(false));
    references::visit(&mut spec, &mut |_, name| {
        // The token Secret is ours already.
        if *name != secret {
            *name = names.host(namespace, name);
        }
    });
    downward::redirect(&mut spec, tenant, annotations);
    placement::scope(&mut spec, around, namespace);
    if let Some(node) = chosen_node(tenant) {
        placement::pin(&mut spec, node);
    }
    network::localise(&mut spec, around, name, namespace);
    spec
}

/// Fields that name what is on the host by option only.
fn by_option(tenant: &Value, around: &Surroundings<'_>) -> Map<String, Value> {
    let names = &around.ownership.names;
    let spec = &tenant["spec"];
    let namespace = json::text(&tenant["metadata"]["namespace"]).unwrap_or_default();
    let class = json::text(&spec["priorityClassName"]).and_then(|name| {
        let is_hosts = around.rules.priority_classes.iter().any(|class| class == name);
        let is_copied = names.copies(Kind::PriorityClass);
        if is_copied { Some(names.host_cluster(name)) } else { is_hosts.then(|| name.to_owned()) }
    });
    let account = json::text(&spec["serviceAccountName"]).filter(|_| names.copies(Kind::ServiceAccount));
    let class = class.map(|name| ("priorityClassName", name));
    let account = account.map(|name| ("serviceAccountName", names.host(namespace, name)));
    let named = class.into_iter().chain(account).map(|(field, name)| (field.to_owned(), json!(name)));
    let gates: Vec<Value> =
        gates(tenant, names).into_iter().map(|gate| json!({ "conditionType": gate })).collect();
    let gates = (!gates.is_empty()).then(|| ("readinessGates".to_owned(), json!(gates)));
    named.chain(gates).collect()
}

/// The readiness gates that the host's pod has of the tenant's.
fn gates<'a>(tenant: &'a Value, names: &Names) -> Vec<&'a str> {
    if names.copies(Kind::ReadinessGates) { status::gates::named(&tenant["spec"]) } else { Vec::new() }
}

/// The names of all its containers, which are all different, as a list with commas.
fn container_names(tenant: &Value) -> String {
    let containers = CONTAINERS.into_iter().flat_map(|list| json::list(&tenant["spec"][list]));
    containers.filter_map(|container| json::text(&container["name"])).collect::<Vec<_>>().join(",")
}

/// The node that a user has put into a pod's spec. One that we bound says that it was scheduled.
fn chosen_node(tenant: &Value) -> Option<&str> {
    json::text(&tenant["spec"]["nodeName"]).filter(|_| !status::is_scheduled(&tenant["status"]))
}

#[cfg(test)]
mod tests;
