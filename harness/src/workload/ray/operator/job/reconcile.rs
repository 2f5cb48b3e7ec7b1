//! The I/O around the decision.

use std::sync::Arc;

use k8s_openapi::api::batch::v1::Job;
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, PostParams},
    runtime::controller::Action,
};

use super::{
    super::{context::Context, error::ReconcileError, write},
    decide::{Act, Seen, decide},
    desired,
};
use crate::workload::ray::api::v1::{RayCluster, RayJob};

/// Brings one job a step further. What it owns goes by garbage collection when it is deleted.
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
            }
            Act::CreateSubmitter(submitter) => {
                submitters.create(&PostParams::default(), submitter).await?;
            }
            Act::DeleteCluster => delete(&clusters, &cluster_name).await?,
            Act::DeleteSubmitter => delete(&submitters, &job.name_any()).await?,
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

/// With what it owns: a Job would otherwise leave its Pods behind.
async fn delete<K>(api: &Api<K>, name: &str) -> Result<(), ReconcileError>
where
    K: Clone + std::fmt::Debug + serde::de::DeserializeOwned,
{
    match api.delete(name, &DeleteParams::background()).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(answer)) if answer.code == 404 => Ok(()),
        Err(error) => Err(error.into()),
    }
}
