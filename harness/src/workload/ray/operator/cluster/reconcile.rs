//! The I/O around the pure parts: look, decide, write, say what was seen.

use std::sync::Arc;

use futures::{TryStreamExt, stream};
use k8s_openapi::api::core::v1::{Pod, Service};
use kube::{
    Api, ResourceExt,
    api::{ListParams, PostParams},
    runtime::controller::Action,
};

use super::{
    super::{collect, context::Context, error::ReconcileError, names, write},
    desired,
    plan::{Plan, plan},
    status::{self, Seen},
};
use crate::workload::ray::api::v1::RayCluster;

/// A cluster of many workers must not take the API server for itself.
const CREATIONS_IN_FLIGHT: usize = 8;

/// Brings one cluster nearer to its spec. What it owns goes by [`collect`] when it is deleted.
pub(in super::super) async fn reconcile(
    cluster: Arc<RayCluster>,
    context: Arc<Context>,
) -> Result<Action, ReconcileError> {
    if cluster.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    let namespace = cluster.namespace().unwrap_or_default();
    let pods: Api<Pod> = Api::namespaced(context.client.clone(), &namespace);
    let service = ensure_service(&cluster, &context, &namespace).await?;
    let mut seen = list(&pods, &cluster).await?;
    let plan = plan(&cluster, &seen);
    if !plan.create.is_empty() || !plan.delete.is_empty() {
        carry_out(&pods, &seen, plan, &cluster, &context).await?;
        seen = list(&pods, &cluster).await?;
    }
    let seen = Seen { pods: &seen, service: Some(&service) };
    if let Some(status) = status::changed(&cluster, &seen, &context.now()) {
        let clusters: Api<RayCluster> = Api::namespaced(context.client.clone(), &namespace);
        write::status(&clusters, &*cluster, status).await?;
    }
    Ok(Action::await_change())
}

/// Asked of the API server, not of a cache: a worker that the cache has not seen yet would be made twice.
async fn list(pods: &Api<Pod>, cluster: &RayCluster) -> Result<Vec<Pod>, ReconcileError> {
    let selector = format!("{}={}", names::CLUSTER, cluster.name_any());
    let mut found = pods.list(&ListParams::default().labels(&selector)).await?.items;
    // A Pod of an older cluster of the same name goes with that one.
    found.retain(|pod| {
        pod.owner_references().iter().any(|owner| Some(&owner.uid) == cluster.metadata.uid.as_ref())
    });
    Ok(found)
}

async fn ensure_service(
    cluster: &RayCluster,
    context: &Context,
    namespace: &str,
) -> Result<Service, ReconcileError> {
    let services: Api<Service> = Api::namespaced(context.client.clone(), namespace);
    let wanted = desired::head_service(cluster);
    if let Some(found) = services.get_opt(&wanted.name_any()).await? {
        return Ok(found);
    }
    tracing::info!(cluster = cluster.name_any(), namespace, "creating the head service");
    Ok(services.create(&PostParams::default(), &wanted).await?)
}

async fn carry_out(
    pods: &Api<Pod>,
    seen: &[Pod],
    plan: Plan,
    cluster: &RayCluster,
    context: &Context,
) -> Result<(), ReconcileError> {
    tracing::info!(
        cluster = cluster.name_any(),
        namespace = cluster.namespace(),
        create = plan.create.len(),
        delete = plan.delete.len(),
        "changing pods"
    );
    if !plan.create.is_empty() {
        let created = stream::iter(plan.create.iter().map(Ok))
            .try_for_each_concurrent(CREATIONS_IN_FLIGHT, |pod| create(pods, pod))
            .await;
        // Whether all were made or some: a cluster that went meanwhile must not leave them behind.
        collect::if_gone(cluster, context).await?;
        created?;
        context.metrics.pods_created(plan.create.len());
    }
    for pod in seen.iter().filter(|pod| plan.delete.contains(&pod.name_any())) {
        write::delete(pods, pod).await?;
    }
    Ok(())
}

async fn create(pods: &Api<Pod>, pod: &Pod) -> Result<(), ReconcileError> {
    pods.create(&PostParams::default(), pod).await?;
    Ok(())
}
