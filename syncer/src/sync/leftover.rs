//! Token Secrets whose pods are gone and that no turn removes: of two of pods of the same name, the index knows the later one.
//! A writer that was cut off in the middle of a call can leave two, and so can one that does not know yet what there is.

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
    let ours = marks::tokens(&marks::selector(&marks::of_virtual_cluster(names, Reach::Namespaced)));
    let listed = host.list_metadata(Kind::PodToken, namespace, &ours).await;
    for metadata in listed.doing("listing the tokens' Secrets")? {
        let (Some(name), Some(uid)) = (&metadata.name, &metadata.uid) else { continue };
        if tenant.index(|index| is_left_over(index, &metadata)) {
            tracing::info!(name, "a pod's tokens were left behind, and are removed");
            let place = (namespace, name.as_str());
            host.delete(Kind::PodToken, place, uid, None)
                .await
                .doing("removing tokens that were left behind")?;
        }
    }
    Ok(())
}

/// Whether neither side has the pod that it was made for.
fn is_left_over(index: &Index, metadata: &ObjectMeta) -> bool {
    let Some(id) = claimed(metadata) else { return false };
    let made_for = metadata.annotations.as_ref().and_then(|annotations| annotations.get(marks::UID));
    let is_there = |uid| index.pods.get(&id).is_some_and(|pair| pair.is_of(uid));
    made_for.is_some_and(|uid| !is_there(uid))
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
                "annotations": {(marks::NAME): "p", (marks::UID): "t1"},
            },
            "spec": {}, "status": {},
        });
        index.seen(Side::Host, Kind::Pod, &host.into());
        index
    }

    fn secret(name: &str, made_for: &str) -> ObjectMeta {
        let metadata: Value = json!({
            "labels": {(marks::NAMESPACE): "ns"}, "annotations": {(marks::NAME): name, (marks::UID): made_for},
        });
        serde_json::from_value(metadata).expect("metadata")
    }

    #[test]
    fn tokens_are_left_over_when_neither_side_has_their_pod() {
        let index = index();
        for (name, made_for, is_left) in
            [("p", "t2", false), ("p", "t1", false), ("p", "t0", true), ("q", "t1", true)]
        {
            assert_eq!(is_left_over(&index, &secret(name, made_for)), is_left, "{name} {made_for}");
        }
    }
}
