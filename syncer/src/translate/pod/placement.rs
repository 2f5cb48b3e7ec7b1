//! Affinity and spread terms: their selectors must meet the tenant's own pods only.

use serde_json::Value;

use super::super::selector;
use crate::{json, names::Names};

/// Scopes every pod selector in a spec to the virtual cluster and to the tenant namespaces that it names.
pub(super) fn scope(spec: &mut Value, names: &Names, namespace: &str) {
    for constraint in json::list_mut(spec, "topologySpreadConstraints") {
        if constraint["labelSelector"].is_object() {
            narrow(constraint, names, &[namespace.to_owned()]);
        }
    }
    let Some(affinity) = spec.get_mut("affinity") else { return };
    for kind in ["podAffinity", "podAntiAffinity"] {
        let Some(affinity) = affinity.get_mut(kind) else { continue };
        for term in json::list_mut(affinity, "requiredDuringSchedulingIgnoredDuringExecution") {
            scope_term(term, names, namespace);
        }
        for weighted in json::list_mut(affinity, "preferredDuringSchedulingIgnoredDuringExecution") {
            if let Some(term) = weighted.get_mut("podAffinityTerm") {
                scope_term(term, names, namespace);
            }
        }
    }
}

fn scope_term(term: &mut Value, names: &Names, own: &str) {
    let mut namespaces: Vec<String> =
        json::list(&term["namespaces"]).filter_map(json::text).map(str::to_owned).collect();
    // An empty selector means all namespaces. One by labels needs the tenant's Namespaces, which are not watched yet:
    // the pod's own stands in for it.
    let all = term["namespaceSelector"].as_object().is_some_and(|selector| selector.values().all(is_empty));
    if namespaces.is_empty() {
        namespaces.push(own.to_owned());
    }
    json::remove(term, &["namespaces", "namespaceSelector"]);
    if term["labelSelector"].is_object() {
        narrow(term, names, if all { &[] } else { &namespaces });
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null()
        || value.as_array().is_some_and(Vec::is_empty)
        || value.as_object().is_some_and(serde_json::Map::is_empty)
}

/// No namespaces: all of the virtual cluster's.
fn narrow(holder: &mut Value, names: &Names, namespaces: &[String]) {
    if let Some(selector) = json::object_mut(holder, "labelSelector") {
        selector::narrow(selector, names, namespaces);
    }
}
