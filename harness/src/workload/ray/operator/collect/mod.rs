//! Deletes what the operator made for an object once that object is gone.
//!
//! Owner references alone would do, but late: kube-controller-manager's garbage collector learns of a kind whose CRD was
//! just installed at its next discovery only, up to 30 s later, and until then nobody follows a deletion. A tenant that
//! has just installed Ray would look at Pods of a cluster that is gone. The references stay, for an owner that goes while
//! no operator is there.

mod delete;
mod gone;

use std::{fmt::Debug, sync::Arc};

use futures::{StreamExt, stream};
use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{Pod, Service},
};
use kube::{
    Api, Resource, ResourceExt,
    core::{ApiResource, NamespaceResourceScope, PartialObjectMeta},
    runtime::{WatchStreamExt, watcher},
};
use serde::de::DeserializeOwned;

use super::{
    context::Context,
    error::{OperatorError, ReconcileError},
    http::Progress,
    names,
};
use crate::workload::ray::api::v1::{RayCluster, RayJob};
use gone::{Owner, Present};

/// Owners whose dependents are deleted at once. Not unbounded, so that many that go together do not flood the host.
const OWNERS_IN_FLIGHT: usize = 8;

/// A kind that the operator makes objects for.
pub(super) trait Owning:
    Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + Clone
    + Debug
    + DeserializeOwned
    + Send
    + Sync
    + 'static
{
    /// The label of all its dependents, whose value is the owner's name.
    const LABEL: &'static str;

    /// The kinds of its dependents.
    fn dependents() -> [ApiResource; 2];
}

impl Owning for RayCluster {
    const LABEL: &'static str = names::CLUSTER;

    fn dependents() -> [ApiResource; 2] {
        [ApiResource::erase::<Pod>(&()), ApiResource::erase::<Service>(&())]
    }
}

impl Owning for RayJob {
    const LABEL: &'static str = names::ORIGINATED_FROM;

    fn dependents() -> [ApiResource; 2] {
        [ApiResource::erase::<RayCluster>(&()), ApiResource::erase::<Job>(&())]
    }
}

/// Follows the owners by their metadata in a watch of its own: kube's `Controller` does not reconcile what is deleted.
pub(super) async fn run<K: Owning>(
    owners: Api<PartialObjectMeta<K>>,
    context: Arc<Context>,
    progress: Arc<Progress>,
) -> OperatorError {
    let kind = K::kind(&()).into_owned();
    let context = &*context;
    let mut present = Present::default();
    let mut started = false;
    watcher(owners, watcher::Config::default())
        .default_backoff()
        .flat_map(|event| {
            let gone = event.map(|event| {
                if matches!(event, watcher::Event::InitDone) && !started {
                    started = true;
                    progress.watch_started();
                }
                present.gone_after(&event)
            });
            stream::iter(gone.unwrap_or_else(|error| {
                tracing::warn!(%kind, %error, "cannot watch");
                Vec::new()
            }))
        })
        .for_each_concurrent(OWNERS_IN_FLIGHT, |owner| async move {
            delete::patiently::<K>(&owner, context).await;
        })
        .await;
    OperatorError::ControllerEnded { kind: K::kind(&()).into_owned() }
}

/// For a reconciliation that has just made something: it may have acted on an owner that went meanwhile, after its
/// dependents were looked for. The order closes the gap: whatever is made before an owner goes is found by the watch,
/// and whatever is made later by this.
///
/// # Errors
/// When the API server refuses.
pub(super) async fn if_gone<K: Owning>(owner: &K, context: &Context) -> Result<(), ReconcileError> {
    let Some(owner) = Owner::of(owner) else { return Ok(()) };
    let owners: Api<K> = Api::namespaced(context.client.clone(), &owner.namespace);
    let found = owners.get_metadata_opt(&owner.name).await?;
    if found.and_then(|found| found.uid()).as_ref() != Some(&owner.uid) {
        delete::dependents::<K>(&owner, context).await?;
    }
    Ok(())
}
