//! The I/O around the decision.

use std::{fmt::Debug, sync::Arc};

use k8s_openapi::api::batch::v1::Job;
use kube::{Api, Resource, ResourceExt, api::PostParams, runtime::controller::Action};

use serde::de::DeserializeOwned;

use super::{
    super::{collect, context::Context, error::ReconcileError, write},
    decide::{Act, Seen, decide},
    desired,
};
use crate::workload::ray::api::v1::{RayCluster, RayJob};

/// Brings one job a step further. What it owns goes by [`collect`] when it is deleted.
pub(in super::super) async fn reconcile(
    job: Arc<RayJob>,
    context: Arc<Context>,
) -> Result<Action, ReconcileError> {
    if job.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    let namespace = job.namespace().unwrap_or_default();
    let clusters: Api<RayCluster> = Api::namespaced(context.client.clone(), &namespace);
    let submitters: Api<Job> = Api::namespaced(context.client.clone(), &namespace);
    let cluster_name = desired::cluster_name(&job);
    let seen = Seen {
        cluster: clusters.get_opt(&cluster_name).await?,
        submitter: submitters.get_opt(&job.name_any()).await?.filter(|found| is_ours(found, &job)),
    };
    let decision = decide(&job, &seen, &context.now());
    for act in &decision.acts {
        match act {
            Act::CreateCluster(cluster) => {
                clusters.create(&PostParams::default(), cluster).await?;
                collect::if_gone(&*job, &context).await?;
            }
            Act::CreateSubmitter(submitter) => {
                submitters.create(&PostParams::default(), submitter).await?;
                collect::if_gone(&*job, &context).await?;
            }
            Act::DeleteCluster => delete(&clusters, seen.cluster.as_ref()).await?,
            Act::DeleteSubmitter => delete(&submitters, seen.submitter.as_ref()).await?,
        }
    }
    if job.status.as_ref() != Some(&decision.status) {
        let jobs: Api<RayJob> = Api::namespaced(context.client.clone(), &namespace);
        write::status(&jobs, &*job, decision.status).await?;
    }
    Ok(decision.again.map_or_else(Action::await_change, Action::requeue))
}

fn is_ours(submitter: &Job, job: &RayJob) -> bool {
    submitter.owner_references().iter().any(|owner| Some(&owner.uid) == job.metadata.uid.as_ref())
}

async fn delete<K>(api: &Api<K>, seen: Option<&K>) -> Result<(), ReconcileError>
where
    K: Resource + Clone + Debug + DeserializeOwned,
{
    match seen {
        Some(object) => write::delete(api, object).await,
        None => Ok(()),
    }
}
