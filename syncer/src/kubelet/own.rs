//! The tenant's pods on its Nodes, as either side calls them: what of a host node's figures is the tenant's.

use std::collections::{HashMap, HashSet};

use kube::{Api, api::ListParams};
use serde_json::Value;

use crate::{
    index::Id,
    json,
    kinds::{Kind, Side},
    names::Names,
    object::Object,
    sync::Tenant,
};

/// One pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Own {
    /// The tenant's names for it.
    pub(super) id: Id,
    /// The tenant's uid of it.
    pub(super) uid: String,
    /// The host's uid of it.
    pub(super) host_uid: String,
    /// The node that it is on.
    pub(super) node: String,
    /// The containers that the tenant has given it; the host's own additions are not among them.
    pub(super) containers: HashSet<String>,
}

/// All pods that count, and the claims that they mount, by their names on the host.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    pub(super) host_namespace: String,
    pub(super) pods: HashMap<String, Own>,
    pub(super) claims: HashMap<String, Id>,
}

/// A tenant's pod object and what the host calls it.
pub(super) struct Placed {
    pub(super) tree: Value,
    pub(super) own: Own,
}

/// The tenant's pods that run on the host: on one node, or on all of its Nodes.
///
/// # Errors
/// A tenant's API that does not answer.
pub(super) async fn placed(tenant: &Tenant, node: Option<&str>) -> Result<Vec<Placed>, kube::Error> {
    let api: Api<Object> =
        Api::all_with(tenant.cluster(Side::Tenant).client().clone(), &Kind::Pod.resource());
    let on_node = node.map(|node| format!("spec.nodeName={node}"));
    // Any version will do, so that the list comes from the API server's memory.
    let params = ListParams { field_selector: on_node, ..ListParams::default() }.match_any();
    let listed = api.list(&params).await?;
    Ok(listed.items.iter().filter_map(|object| place(tenant, object)).collect())
}

/// None for a pod that is not on the host, or not on a node.
fn place(tenant: &Tenant, object: &Object) -> Option<Placed> {
    let id = Id::new(object.namespace(), object.name());
    let (host_uid, node) = tenant.index(|index| {
        let host = index.pods.get(&id)?.host.as_ref()?;
        let node = host.detail.node.as_ref()?.to_string();
        (*host.detail.copied.tenant_uid == *object.uid()).then(|| (host.uid.to_string(), node))
    })?;
    let tree = object.tree();
    // The host's node is asked for figures, and nobody in the tenant chooses which that is.
    if json::text(&tree["spec"]["nodeName"]) != Some(&node) {
        return None;
    }
    let own = Own { id, uid: object.uid().to_owned(), host_uid, node, containers: containers(&tree) };
    Some(Placed { tree, own })
}

fn containers(pod: &Value) -> HashSet<String> {
    ["containers", "initContainers", "ephemeralContainers"]
        .into_iter()
        .flat_map(|field| json::list(&pod["spec"][field]))
        .filter_map(|container| json::text(&container["name"]).map(str::to_owned))
        .collect()
}

impl Scope {
    /// What these pods make the tenant's.
    pub(super) fn of(names: &Names, placed: &[Placed]) -> Self {
        let mut scope = Self { host_namespace: names.host_namespace().to_owned(), ..Self::default() };
        for Placed { tree, own } in placed {
            let namespace = &*own.id.namespace;
            for claim in claims(tree) {
                scope.claims.insert(names.host(namespace, &claim), Id::new(namespace, &claim));
            }
            scope.pods.insert(names.host(namespace, &own.id.name), own.clone());
        }
        scope
    }

    /// The pod that the host calls so.
    pub(super) fn pod(&self, namespace: &str, name: &str) -> Option<&Own> {
        self.pods.get(name).filter(|_| namespace == self.host_namespace)
    }

    /// The claim that the host calls so.
    pub(super) fn claim(&self, namespace: &str, name: &str) -> Option<&Id> {
        self.claims.get(name).filter(|_| namespace == self.host_namespace)
    }
}

/// The claims that a pod mounts, those that are made for it included.
fn claims(pod: &Value) -> impl Iterator<Item = String> {
    let name = json::text(&pod["metadata"]["name"]).unwrap_or_default();
    json::list(&pod["spec"]["volumes"]).filter_map(move |volume| {
        if volume["ephemeral"].is_object() {
            return Some(format!("{name}-{}", json::text(&volume["name"])?));
        }
        json::text(&volume["persistentVolumeClaim"]["claimName"]).map(str::to_owned)
    })
}
