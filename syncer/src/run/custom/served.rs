//! In which versions, and under which plural, each side serves a kind.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Client;

use crate::kinds::Reach;

/// A version of a kind on one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Served {
    pub(super) version: String,
    pub(super) plural: String,
    pub(super) reach: Reach,
    /// Whether the status is kept apart.
    pub(super) has_status: bool,
}

/// The versions that a definition serves, in its order; none while its names are not accepted.
pub(super) fn by_definition(definition: &CustomResourceDefinition) -> Vec<Served> {
    let spec = &definition.spec;
    let conditions = definition.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let is_established = conditions
        .into_iter()
        .any(|condition| condition.type_ == "Established" && condition.status == "True");
    let reach = if spec.scope == "Namespaced" { Reach::Namespaced } else { Reach::Cluster };
    let versions = spec.versions.iter().filter(|version| version.served && is_established);
    versions
        .map(|version| Served {
            version: version.name.clone(),
            plural: spec.names.plural.clone(),
            reach,
            has_status: version.subresources.as_ref().is_some_and(|parts| parts.status.is_some()),
        })
        .collect()
}

/// The versions of a kind that an API serves to whoever may do anything there, the preferred one first.
///
/// # Errors
/// An API server that does not answer.
pub(super) async fn by_discovery(
    client: &Client,
    group: &str,
    kind: &str,
) -> Result<Vec<Served>, kube::Error> {
    let groups = client.list_api_groups().await?.groups;
    let Some(found) = groups.into_iter().find(|found| found.name == group) else { return Ok(Vec::new()) };
    let preferred = found.preferred_version.map(|version| version.version);
    let mut versions: Vec<String> = found.versions.into_iter().map(|version| version.version).collect();
    versions.sort_by_key(|version| Some(version) != preferred.as_ref());
    let mut served = Vec::new();
    for version in versions {
        let resources = match client.list_api_group_resources(&format!("{group}/{version}")).await {
            // It went between the two questions.
            Err(kube::Error::Api(status)) if status.code == 404 => continue,
            answer => answer?.resources,
        };
        let Some(resource) = resources.iter().find(|found| found.kind == kind && !found.name.contains('/'))
        else {
            continue;
        };
        let status = format!("{}/status", resource.name);
        served.push(Served {
            version,
            plural: resource.name.clone(),
            reach: if resource.namespaced { Reach::Namespaced } else { Reach::Cluster },
            has_status: resources.iter().any(|found| found.name == status),
        });
    }
    Ok(served)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn definition(established: &str) -> CustomResourceDefinition {
        let schema: Value = json!({"openAPIV3Schema": {"type": "object"}});
        serde_json::from_value(json!({
            "metadata": {"name": "widgets.example.com"},
            "spec": {
                "group": "example.com", "scope": "Namespaced",
                "names": {"kind": "Widget", "plural": "widgets"},
                "versions": [
                    {"name": "v2", "served": true, "storage": true, "schema": schema, "subresources": {"status": {}}},
                    {"name": "v1", "served": true, "storage": false, "schema": schema},
                    {"name": "v0", "served": false, "storage": false, "schema": schema},
                ],
            },
            "status": {
                "conditions": [{"type": "Established", "status": established}],
                "acceptedNames": {"kind": "Widget", "plural": "widgets"}, "storedVersions": ["v2"],
            },
        }))
        .expect("a definition")
    }

    #[test]
    fn a_definition_serves_what_it_says_once_it_is_established() {
        let served = by_definition(&definition("True"));
        let versions: Vec<(&str, bool)> =
            served.iter().map(|served| (served.version.as_str(), served.has_status)).collect();
        assert_eq!(versions, [("v2", true), ("v1", false)]);
        assert!(served.iter().all(|served| served.plural == "widgets" && served.reach == Reach::Namespaced));
        assert_eq!(by_definition(&definition("False")), []);
    }
}
