//! The gate: the derived CRDs have the shape and the weight of upstream's. Today they differ in nothing but two
//! annotations of upstream's generator.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so")]

#[path = "support/upstream_crds.rs"]
mod upstream_crds;

use std::collections::BTreeMap;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::Value;
use tenantbench::workload::ray;

/// Everything the API server goes by at one path: type, list type, map keys, default, limits, required fields.
type Shape = BTreeMap<String, Value>;

#[test]
fn every_property_has_upstreams_type_list_type_and_default() {
    let Some(upstream) = upstream_crds::read() else { return };
    let mut differences = Vec::new();
    for (ours, theirs) in ray::derived_crds().unwrap().iter().zip(&upstream) {
        compare(&shapes(ours), &shapes(theirs), &mut differences);
    }
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn names_columns_and_versions_are_upstreams() {
    let Some(upstream) = upstream_crds::read() else { return };
    for (ours, theirs) in ray::derived_crds().unwrap().iter().zip(&upstream) {
        assert_eq!(without_schemas(ours), without_schemas(theirs));
    }
}

#[test]
fn the_weight_is_upstreams_within_a_tenth() {
    const UPSTREAM_BYTES: usize = 1_231_912;
    let weight: usize = ray::derived_crds().unwrap().iter().map(compact_bytes).sum();
    assert!(weight.abs_diff(UPSTREAM_BYTES) <= UPSTREAM_BYTES / 10, "{weight} B against {UPSTREAM_BYTES} B");
}

fn compact_bytes(crd: &CustomResourceDefinition) -> usize {
    serde_json::to_vec(crd).unwrap().len()
}

fn without_schemas(crd: &CustomResourceDefinition) -> Value {
    let mut crd = crd.clone();
    crd.metadata.annotations = None;
    for version in &mut crd.spec.versions {
        version.schema = None;
    }
    serde_json::to_value(crd).unwrap()
}

fn shapes(crd: &CustomResourceDefinition) -> BTreeMap<String, Shape> {
    let mut shapes = BTreeMap::new();
    for version in &crd.spec.versions {
        let schema = serde_json::to_value(version.schema.as_ref().unwrap()).unwrap();
        let root = format!("{}/{} ", crd.spec.names.plural, version.name);
        collect(&schema["openAPIV3Schema"], &root, &mut shapes);
    }
    shapes
}

fn collect(schema: &Value, path: &str, shapes: &mut BTreeMap<String, Shape>) {
    let mut shape = Shape::new();
    for (key, value) in schema.as_object().unwrap() {
        match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                for (name, property) in properties {
                    collect(property, &format!("{path}.{name}"), shapes);
                }
            }
            ("items", items) => collect(items, &format!("{path}[]"), shapes),
            ("additionalProperties", Value::Object(_)) => collect(value, &format!("{path}{{}}"), shapes),
            ("required", Value::Array(names)) => {
                let mut names: Vec<_> = names.iter().map(|name| name.as_str().unwrap()).collect();
                names.sort_unstable();
                shape.insert("required".into(), names.into());
            }
            _ => {
                shape.insert(key.clone(), value.clone());
            }
        }
    }
    shapes.insert(path.into(), shape);
}

fn compare(ours: &BTreeMap<String, Shape>, theirs: &BTreeMap<String, Shape>, differences: &mut Vec<String>) {
    for (path, shape) in theirs {
        match ours.get(path) {
            None => differences.push(format!("{path} is only upstream")),
            Some(own) if own != shape => differences.push(format!("{path} is {own:?}, upstream {shape:?}")),
            Some(_) => {}
        }
    }
    for path in ours.keys().filter(|path| !theirs.contains_key(*path)) {
        differences.push(format!("{path} is only ours"));
    }
}
