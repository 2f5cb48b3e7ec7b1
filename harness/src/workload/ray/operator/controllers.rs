//! One controller per kind and watched namespace.

use std::{fmt::Debug, future::Future, sync::Arc};

use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{Pod, Service},
};
use kube::{
    Api, Resource,
    core::{NamespaceResourceScope, PartialObjectMeta},
    runtime::{
        controller::{self, Action, Config, Controller},
        reflector::ObjectRef,
        watcher,
    },
};
use serde::de::DeserializeOwned;

use super::{
    cluster,
    collect::{self, Owning},
    context::Context,
    error::{OperatorError, ReconcileError},
    http::Progress,
    job, names, unserved,
};
use crate::{
    backoff::Backoff,
    workload::ray::api::v1::{RayCluster, RayCronJob, RayJob, RayService},
};

/// Objects of one kind that are reconciled at once. Not unbounded, so that a start with many does not flood the host.
const CONCURRENCY: u16 = 8;

/// Runs everything; returns only when something ends that should not.
pub(super) async fn run(
    namespaces: &[String],
    context: &Arc<Context>,
    progress: &Arc<Progress>,
) -> OperatorError {
    let scopes: Vec<Option<&str>> = match namespaces {
        [] => vec![None],
        some => some.iter().map(|namespace| Some(namespace.as_str())).collect(),
    };
    let mut running: FuturesUnordered<BoxFuture<'_, OperatorError>> = FuturesUnordered::new();
    for scope in scopes {
        running.push(clusters(scope, context, progress).boxed());
        running.push(jobs(scope, context, progress).boxed());
        running.push(collecting::<RayCluster>(scope, context, progress).boxed());
        running.push(collecting::<RayJob>(scope, context, progress).boxed());
        let (services, crons) = (
            api::<PartialObjectMeta<RayService>>(context, scope),
            api::<PartialObjectMeta<RayCronJob>>(context, scope),
        );
        running.push(unserved::tell(services, Arc::clone(context), Arc::clone(progress)).boxed());
        running.push(unserved::tell(crons, Arc::clone(context), Arc::clone(progress)).boxed());
    }
    progress.leading(running.len());
    running.next().await.unwrap_or(OperatorError::ControllerEnded { kind: "everything".into() })
}

async fn collecting<K: Owning>(
    scope: Option<&str>,
    context: &Arc<Context>,
    progress: &Arc<Progress>,
) -> OperatorError {
    let owners = api::<PartialObjectMeta<K>>(context, scope);
    collect::run(owners, Arc::clone(context), Arc::clone(progress)).await
}

/// What a controller owns is watched by its metadata alone: a change is a trigger, and the rest is asked for.
async fn clusters(scope: Option<&str>, context: &Arc<Context>, progress: &Progress) -> OperatorError {
    let ours = || watcher::Config::default().labels(names::CLUSTER);
    let controller = Controller::new(api::<RayCluster>(context, scope), watcher::Config::default())
        .owns(api::<PartialObjectMeta<Pod>>(context, scope), ours())
        .owns(api::<PartialObjectMeta<Service>>(context, scope), ours());
    drive(controller, cluster::reconcile, context, progress).await
}

async fn jobs(scope: Option<&str>, context: &Arc<Context>, progress: &Progress) -> OperatorError {
    let ours = || watcher::Config::default().labels(names::ORIGINATED_FROM);
    let controller = Controller::new(api::<RayJob>(context, scope), watcher::Config::default())
        .owns(api::<PartialObjectMeta<RayCluster>>(context, scope), ours())
        .owns(api::<PartialObjectMeta<Job>>(context, scope), ours());
    drive(controller, job::reconcile, context, progress).await
}

fn api<K>(context: &Context, namespace: Option<&str>) -> Api<K>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    match namespace {
        Some(namespace) => Api::namespaced(context.client.clone(), namespace),
        None => Api::all(context.client.clone()),
    }
}

async fn drive<K, F>(
    controller: Controller<K>,
    reconcile: fn(Arc<K>, Arc<Context>) -> F,
    context: &Arc<Context>,
    progress: &Progress,
) -> OperatorError
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
    F: Future<Output = Result<Action, ReconcileError>> + Send + 'static,
{
    let store = controller.store();
    let backoff = Arc::new(Backoff::<K>::new());
    let policy = {
        let backoff = Arc::clone(&backoff);
        move |object: Arc<K>, _: &ReconcileError, _: Arc<Context>| Action::requeue(backoff.failed(&*object))
    };
    let results = controller
        .with_config(Config::default().concurrency(CONCURRENCY))
        .run(reconcile, policy, Arc::clone(context))
        .for_each(|result| {
            note(&result, context, &backoff);
            std::future::ready(())
        });
    let started = async {
        if store.wait_until_ready().await.is_ok() {
            progress.watch_started();
        }
    };
    tokio::join!(results, started);
    OperatorError::ControllerEnded { kind: K::kind(&()).into_owned() }
}

type Outcome<K> = Result<(ObjectRef<K>, Action), controller::Error<ReconcileError, watcher::Error>>;

fn note<K>(outcome: &Outcome<K>, context: &Context, backoff: &Backoff<K>)
where
    K: Resource<DynamicType = ()> + 'static,
{
    match outcome {
        Ok((object, _)) => {
            backoff.succeeded(object);
            context.metrics.reconciled();
        }
        // Its children's deletion is what triggers this: the object is gone, as it should be.
        Err(controller::Error::ObjectNotFound(_)) => {}
        Err(error) => {
            context.metrics.failed();
            tracing::warn!(%error, "tried again");
        }
    }
}
