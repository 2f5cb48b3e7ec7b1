//! The operator's life.

use std::sync::Arc;

use futures::StreamExt;
use k8s_openapi::api::apps::v1::StatefulSet;
use kube::{
    Api, Client, Resource,
    core::NamespaceResourceScope,
    runtime::{
        controller::{self, Action, Config, Controller},
        watcher,
    },
};
use tokio_util::sync::CancellationToken;

use super::{
    ReconcileError,
    reconcile::{Context, reconcile},
};
use crate::{
    apply::{Applier, ApplyError},
    backoff::Backoff,
    tenancy::vcluster::{VirtualCluster, objects::PLANE_APP},
};

/// VirtualClusters that are reconciled at once.
const CONCURRENCY: u16 = 4;

/// Why the operator ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OperatorError {
    /// The API server could not be asked what it serves.
    #[error(transparent)]
    Discovery(#[from] ApplyError),
    /// The controller's stream ended, which it never should.
    #[error("the controller of VirtualClusters ended; the operator must be restarted")]
    Ended,
}

/// Runs until `stop` is cancelled, for one namespace or for all. Two operators at once do the same twice and no harm.
///
/// # Errors
/// [`OperatorError`].
pub async fn run(
    client: Client,
    namespace: Option<&str>,
    stop: CancellationToken,
) -> Result<(), OperatorError> {
    let applier = Applier::new(client.clone()).await?;
    let planes = watcher::Config::default().labels(&format!("app={PLANE_APP}"));
    let controller = Controller::new(api::<VirtualCluster>(&client, namespace), watcher::Config::default())
        .owns(api::<StatefulSet>(&client, namespace), planes);
    let backoff = Arc::new(Backoff::<VirtualCluster>::new());
    let policy = {
        let backoff = Arc::clone(&backoff);
        move |cluster: Arc<VirtualCluster>, _: &ReconcileError, _: Arc<Context>| {
            Action::requeue(backoff.failed(&*cluster))
        }
    };
    tracing::info!(namespace = namespace.unwrap_or("all"), "the operator of VirtualClusters runs");
    let results = controller
        .with_config(Config::default().concurrency(CONCURRENCY))
        .run(reconcile, policy, Arc::new(Context { applier }))
        .for_each(|result| {
            match result {
                Ok((cluster, _)) => backoff.succeeded(&cluster),
                // Its objects' end is what triggers this: the cluster is gone, as it should be.
                Err(controller::Error::ObjectNotFound(_)) => {}
                Err(error) => tracing::warn!(%error, "tried again"),
            }
            std::future::ready(())
        });
    tokio::select! {
        () = results => Err(OperatorError::Ended),
        () = stop.cancelled() => Ok(()),
    }
}

fn api<K>(client: &Client, namespace: Option<&str>) -> Api<K>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    }
}
