//! Token Secrets whose pods are gone. The host's garbage collector removes them with their owner, but not where its own watch
//! had lapsed and then showed it the owner's successor of the same name in the owner's place.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{Doing, SyncError, Tenant, stray::claimed};
use crate::{
    index::Index,
    kinds::{Kind, Reach, Side},
    names::marks,
};

/// Removes the token Secrets of pods of which neither side has any more. To be called when both sides have been listed.
///
/// # Errors
/// Whatever the host refuses.
pub async fn clear_tokens(tenant: &Tenant) -> Result<(), SyncError> {
    let names = &tenant.settings().names;
    let (namespace, host) = (names.host_namespace(), tenant.cluster(Side::Host));
    let mut ours = marks::of_virtual_cluster(names, Reach::Namespaced);
    ours.push((marks::ROLE, marks::POD_TOKEN.to_owned()));
    let ours = marks::selector(&ours);
    let listed = host.list_metadata(Kind::Secret, namespace, &ours).await;
    for metadata in listed.doing("listing the tokens' Secrets")? {
        let (Some(name), Some(uid)) = (&metadata.name, &metadata.uid) else { continue };
        if tenant.index(|index| is_left_over(index, &metadata)) {
            tracing::info!(name, "a pod's tokens were left behind, and are removed");
            let place = (namespace, name.as_str());
            host.delete(Kind::Secret, place, uid, None)
                .await
                .doing("removing tokens that were left behind")?;
        }
    }
    Ok(())
}

/// Whether neither the pod that it was made for is there nor that pod's copy, which owns it.
fn is_left_over(index: &Index, metadata: &ObjectMeta) -> bool {
    let Some(id) = claimed(metadata) else { return false };
    let made_for = metadata.annotations.as_ref().and_then(|annotations| annotations.get(marks::UID));
    let owner = metadata.owner_references.iter().flatten().next().map(|owner| &owner.uid);
    let (Some(made_for), Some(owner)) = (made_for, owner) else { return false };
    let Some(pair) = index.pods.get(&id) else { return true };
    let is_tenants = pair.tenant.as_ref().is_some_and(|tenant| *tenant.uid == **made_for);
    let is_hosts = pair.host.as_ref().is_some_and(|host| *host.uid == **owner);
    !is_tenants && !is_hosts
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::names::Names;

    fn index() -> Index {
        let mut index = Index::new(Names::new("vc", "host"), "10.0.0.9");
        let tenant = json!({"metadata": {"name": "p", "namespace": "ns", "uid": "t2", "resourceVersion": "1"}, "spec": {}});
        index.seen(Side::Tenant, Kind::Pod, &tenant.into());
        let host = json!({
            "metadata": {
                "name": index.names().host("ns", "p"), "namespace": "host", "uid": "h2", "resourceVersion": "2",
                "labels": marks::labels(index.names(), "ns"),
                "annotations": {(marks::NAME): "p", (marks::UID): "t2"},
            },
            "spec": {}, "status": {},
        });
        index.seen(Side::Host, Kind::Pod, &host.into());
        index
    }

    fn secret(name: &str, made_for: &str, owner: &str) -> ObjectMeta {
        let metadata: Value = json!({
            "labels": {(marks::NAMESPACE): "ns"},
            "annotations": {(marks::NAME): name, (marks::UID): made_for},
            "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": owner}],
        });
        serde_json::from_value(metadata).expect("metadata")
    }

    #[test]
    fn tokens_are_left_over_when_neither_side_has_their_pod() {
        let index = index();
        for (name, made_for, owner, is_left) in [
            ("p", "t2", "h2", false),
            // Its copy was made anew, or is about to be.
            ("p", "t2", "h1", false),
            // The tenant's pod was made again, and the copy of the earlier one is still there.
            ("p", "t1", "h2", false),
            ("p", "t1", "h1", true),
            ("q", "t1", "h1", true),
        ] {
            let secret = secret(name, made_for, owner);
            assert_eq!(is_left_over(&index, &secret), is_left, "{name} {made_for} {owner}");
        }
    }
}
