//! Everything that is on a cluster: every kind that can be listed, in every namespace, whoever made it.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use kube::{
    Api, Client, ResourceExt,
    api::{ApiResource, DynamicObject, ListParams},
    discovery::{Discovery, verbs},
};

/// One object by its full name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// `plural.group`, as kubectl takes it; the plural alone for the core group.
    pub resource: String,
    /// The namespace, empty for cluster scope.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// Labels, for judging whose it is; never for finding it.
    pub labels: BTreeMap<String, String>,
    /// Owners as `kind/name`, and finalizers, for the reader who wonders why it is still there.
    pub holds: Vec<String>,
}

impl Object {
    /// `resource/name` or `resource/namespace/name`.
    pub fn full_name(&self) -> String {
        match self.namespace.as_str() {
            "" => format!("{}/{}", self.resource, self.name),
            namespace => format!("{}/{namespace}/{}", self.resource, self.name),
        }
    }
}

/// All objects of a cluster at one moment, by uid.
#[derive(Clone, Debug, Default)]
pub struct Inventory(BTreeMap<String, Object>);

/// A cluster that could not be listed whole.
#[derive(Debug, thiserror::Error)]
#[error("cannot list {what} on the host: {source}; an audit with gaps would be no audit")]
pub struct InventoryError {
    what: String,
    source: Box<kube::Error>,
}

/// Lists that are under way at once: a whole cluster in about a second, without drowning a busy API server.
const PARALLEL: usize = 6;

/// The same events as in the core group under a second name.
const ALIAS: &str = "events.events.k8s.io";

impl Inventory {
    /// Lists everything.
    ///
    /// # Errors
    /// [`InventoryError`] where a kind that is served cannot be listed.
    pub async fn take(client: &Client) -> Result<Self, InventoryError> {
        let discovery = Discovery::new(client.clone()).run_aggregated().await.map_err(|source| {
            InventoryError { what: "the kinds that are served".into(), source: Box::new(source) }
        })?;
        let kinds = discovery.groups().flat_map(|group| {
            group
                .recommended_resources()
                .into_iter()
                .filter(|(_, capabilities)| capabilities.supports_operation(verbs::LIST))
        });
        let kinds: Vec<ApiResource> = kinds.map(|(resource, _)| resource).collect();
        let lists = stream::iter(kinds.into_iter().filter(|kind| resource_name(kind) != ALIAS));
        let all: Vec<Vec<(String, Object)>> =
            lists.map(|kind| list(client.clone(), kind)).buffer_unordered(PARALLEL).try_collect().await?;
        Ok(Self(all.into_iter().flatten().collect()))
    }

    /// What is here and was not in `before`, by full name. An object that was deleted and made again under its old
    /// name and owner counts as the old one: controllers do that to their own.
    pub fn added_since(&self, before: &Inventory) -> Vec<Object> {
        let known: std::collections::BTreeSet<String> = before.0.values().map(Object::full_name).collect();
        let mut added: Vec<Object> = self
            .0
            .iter()
            .filter(|(uid, object)| !before.0.contains_key(*uid) && !known.contains(&object.full_name()))
            .map(|(_, object)| object.clone())
            .collect();
        added.sort();
        added.dedup_by_key(|object| object.full_name());
        added
    }
}

async fn list(client: Client, kind: ApiResource) -> Result<Vec<(String, Object)>, InventoryError> {
    let resource = resource_name(&kind);
    let api: Api<DynamicObject> = Api::all_with(client, &kind);
    match api.list_metadata(&ListParams::default()).await {
        Ok(found) => Ok(found.items.into_iter().map(|item| describe(&resource, &item)).collect()),
        // A kind can cease to be served between discovery and list: a CRD that was just deleted.
        Err(kube::Error::Api(status)) if status.code == 404 || status.code == 405 => Ok(Vec::new()),
        Err(source) => Err(InventoryError { what: resource, source: Box::new(source) }),
    }
}

fn describe(resource: &str, item: &impl ResourceExt) -> (String, Object) {
    let owners =
        item.owner_references().iter().map(|owner| format!("owned by {}/{}", owner.kind, owner.name));
    let finalizers = item.finalizers().iter().map(|name| format!("finalizer {name}"));
    let object = Object {
        resource: resource.to_owned(),
        namespace: item.namespace().unwrap_or_default(),
        name: item.name_any(),
        labels: item.labels().clone(),
        holds: owners.chain(finalizers).collect(),
    };
    // Some virtual kinds (componentstatuses) have no uid; their full name is as good.
    (item.uid().unwrap_or_else(|| object.full_name()), object)
}

fn resource_name(kind: &ApiResource) -> String {
    if kind.group.is_empty() { kind.plural.clone() } else { format!("{}.{}", kind.plural, kind.group) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inventory(names: &[(&str, &str)]) -> Inventory {
        let object = |name: &str| Object {
            resource: "clusterroles.rbac.authorization.k8s.io".into(),
            namespace: String::new(),
            name: name.into(),
            labels: BTreeMap::new(),
            holds: Vec::new(),
        };
        Inventory(names.iter().map(|(uid, name)| ((*uid).to_owned(), object(name))).collect())
    }

    #[test]
    fn an_object_without_any_label_of_ours_is_found_and_named_in_full() {
        let added = inventory(&[("1", "a"), ("2", "foreign")]).added_since(&inventory(&[("1", "a")]));
        assert_eq!(added.len(), 1);
        assert_eq!(added[0].full_name(), "clusterroles.rbac.authorization.k8s.io/foreign");
    }

    #[test]
    fn what_a_controller_made_again_under_its_old_name_is_not_new() {
        assert!(inventory(&[("9", "a")]).added_since(&inventory(&[("1", "a")])).is_empty());
    }
}
