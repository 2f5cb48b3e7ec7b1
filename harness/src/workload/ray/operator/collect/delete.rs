//! The I/O: finds an owner's dependents and deletes them.

use std::time::Duration;

use futures::{TryStreamExt, stream};
use kube::{
    Api,
    api::{DynamicObject, ListParams},
};

use super::{
    super::{context::Context, error::ReconcileError, write},
    Owner, Owning,
};

/// A cluster of many workers must not take the API server for itself.
const DELETIONS_IN_FLIGHT: usize = 8;

/// Pauses between the tries. It does not go on for ever: the garbage collector comes in the end.
const PAUSES: [Duration; 3] = [Duration::from_millis(100), Duration::from_secs(1), Duration::from_secs(5)];

/// Deletes the dependents of an owner that is gone, and tries again a few times where the API server refuses.
pub(super) async fn patiently<K: Owning>(owner: &Owner, context: &Context) {
    let kind = K::kind(&());
    for pause in PAUSES.map(Some).into_iter().chain([None]) {
        match (dependents::<K>(owner, context).await, pause) {
            (Ok(()), _) => return,
            (Err(error), Some(pause)) => {
                tracing::warn!(%kind, ?owner, %error, "cannot delete what it owned");
                tokio::time::sleep(pause).await;
            }
            (Err(error), None) => {
                tracing::warn!(%kind, ?owner, %error, "what it owned is left to the garbage collector");
            }
        }
    }
}

/// Deletes the dependents of an owner that is gone.
///
/// # Errors
/// When the API server refuses.
pub(super) async fn dependents<K: Owning>(owner: &Owner, context: &Context) -> Result<(), ReconcileError> {
    let labelled = ListParams::default().labels(&format!("{}={}", K::LABEL, owner.name));
    for kind in K::dependents() {
        let api: Api<DynamicObject> = Api::namespaced_with(context.client.clone(), &owner.namespace, &kind);
        let mut found = api.list_metadata(&labelled).await?.items;
        found.retain(|object| object.metadata.deletion_timestamp.is_none() && owner.alone_owns(object));
        if found.is_empty() {
            continue;
        }
        let (owned, count) = (&kind.kind, found.len());
        tracing::info!(
            owner = owner.name,
            namespace = owner.namespace,
            owned,
            count,
            "deleting with its owner"
        );
        stream::iter(found.iter().map(Ok))
            .try_for_each_concurrent(DELETIONS_IN_FLIGHT, |object| write::delete(&api, object))
            .await?;
    }
    Ok(())
}
