//! Where a pod may run. Its selectors of pods must meet the tenant's own only, and a node that it names is for the
//! host's scheduler to agree to.

use serde_json::{Value, json};

use super::Surroundings;
use crate::{
    json,
    translate::selector::{matches_all, narrow, narrow_to_none},
};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// Scopes every pod selector in a spec to the virtual cluster and to the tenant namespaces that it names.
pub(super) fn scope(spec: &mut Value, around: &Surroundings<'_>, namespace: &str) {
    for constraint in json::list_mut(spec, "topologySpreadConstraints") {
        narrow_to(constraint, around, &Reach::Namespaces(vec![namespace.to_owned()]));
    }
    let Some(affinity) = spec.get_mut("affinity") else { return };
    for kind in ["podAffinity", "podAntiAffinity"] {
        let Some(affinity) = affinity.get_mut(kind) else { continue };
        for term in json::list_mut(affinity, REQUIRED) {
            scope_term(term, around, namespace);
        }
        for weighted in json::list_mut(affinity, PREFERRED) {
            if let Some(term) = weighted.get_mut("podAffinityTerm") {
                scope_term(term, around, namespace);
            }
        }
    }
}

/// The tenant namespaces that a term speaks of.
enum Reach {
    All,
    Namespaces(Vec<String>),
}

/// On the host all of them are one, so the names become labels of pods. Those that a selector means are looked up now:
/// a namespace that is labelled later is not met by a pod that is there already.
fn scope_term(term: &mut Value, around: &Surroundings<'_>, own: &str) {
    let mut named: Vec<String> =
        json::list(&term["namespaces"]).filter_map(json::text).map(str::to_owned).collect();
    let selector = &term["namespaceSelector"];
    let reach = if selector.is_null() {
        if named.is_empty() {
            named.push(own.to_owned());
        }
        Reach::Namespaces(named)
    } else if matches_all(selector) {
        Reach::All
    } else {
        named.extend((around.namespaces)(selector));
        named.sort();
        named.dedup();
        Reach::Namespaces(named)
    };
    json::remove(term, &["namespaces", "namespaceSelector"]);
    narrow_to(term, around, &reach);
}

/// An absent selector meets no pod, and stays absent.
fn narrow_to(holder: &mut Value, around: &Surroundings<'_>, reach: &Reach) {
    let names = &around.ownership.names;
    unmerge(holder);
    let Some(selector) = holder.get_mut("labelSelector").and_then(Value::as_object_mut) else { return };
    match reach {
        Reach::All => narrow(selector, names, &[]),
        Reach::Namespaces(namespaces) if !namespaces.is_empty() => narrow(selector, names, namespaces),
        Reach::Namespaces(_) => narrow_to_none(selector, names),
    }
}

/// The tenant's API server has added to a selector what the keys in `matchLabelKeys` and `mismatchLabelKeys` stand for.
/// The host's does it again, and refuses a selector that holds them already.
fn unmerge(holder: &mut Value) {
    let keys: Vec<Value> = ["matchLabelKeys", "mismatchLabelKeys"]
        .into_iter()
        .flat_map(|field| json::list(&holder[field]).cloned())
        .collect();
    if let Some(Value::Array(expressions)) = holder.pointer_mut("/labelSelector/matchExpressions") {
        expressions.retain(|expression| !keys.contains(&expression["key"]));
    }
}

/// Lets only this node be chosen, by the host's scheduler: `nodeName` would pass it by, and with it taints and room.
pub(super) fn pin(spec: &mut Value, node: &str) {
    let only = json!({ "key": "metadata.name", "operator": "In", "values": [node] });
    let Some(affinity) = json::object_mut(spec, "affinity") else { return };
    let affinity = affinity.entry("nodeAffinity").or_insert_with(|| json!({}));
    let Some(required) = json::object_mut(affinity, REQUIRED) else { return };
    let terms = required.entry("nodeSelectorTerms").or_insert_with(|| json!([{}]));
    // One term is enough to be met, so it stands in each.
    for term in terms.as_array_mut().into_iter().flatten() {
        let Some(term) = term.as_object_mut() else { continue };
        match term.entry("matchFields").or_insert_with(|| json!([])) {
            Value::Array(fields) => fields.push(only.clone()),
            other => *other = json!([only]),
        }
    }
}
