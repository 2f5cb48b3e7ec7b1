//! What `envFrom` brings: the names of variables, without their values.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::{json, kinds::Kind};

/// Fields of a source that name an object, and its kind.
const REFERENCES: [(&str, Kind); 2] = [("configMapRef", Kind::ConfigMap), ("secretRef", Kind::Secret)];

/// The keys of the ConfigMaps and Secrets whose entries a pod has as variables.
#[derive(Clone, Debug, Default)]
pub struct Sources(HashMap<(Kind, String), Vec<String>>);

impl Sources {
    /// The objects that a pod's containers take all their entries from, each once.
    pub fn named(tenant: &Value) -> Vec<(Kind, String)> {
        let mut all = Vec::new();
        let containers = super::CONTAINERS.into_iter().flat_map(|list| json::list(&tenant["spec"][list]));
        for source in containers.flat_map(|container| json::list(&container["envFrom"])) {
            all.extend(named_by(source).filter(|one| !all.contains(one)).collect::<Vec<_>>());
        }
        all
    }

    /// Takes in the keys of one of them.
    pub fn hold(&mut self, kind: Kind, name: String, object: &Value) {
        let keys = object["data"].as_object().into_iter().flatten().map(|(key, _)| key.clone());
        self.0.insert((kind, name), keys.collect());
    }

    /// The names of the variables that a container has from its sources.
    pub(super) fn variables(&self, container: &Value) -> HashSet<String> {
        let mut names = HashSet::new();
        for source in json::list(&container["envFrom"]) {
            let prefix = json::text(&source["prefix"]).unwrap_or_default();
            let keys = named_by(source).filter_map(|named| self.0.get(&named)).flatten();
            names.extend(keys.map(|key| format!("{prefix}{key}")));
        }
        names
    }
}

fn named_by(source: &Value) -> impl Iterator<Item = (Kind, String)> {
    REFERENCES
        .into_iter()
        .filter_map(|(field, kind)| Some((kind, json::text(&source[field]["name"])?.to_owned())))
}
