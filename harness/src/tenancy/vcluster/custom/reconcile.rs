//! One VirtualCluster: its objects applied, its status told.

use std::{sync::Arc, time::Duration};

use k8s_openapi::{api::apps::v1::StatefulSet, jiff::Timestamp};
use kube::{
    Api, Resource, ResourceExt,
    api::{DynamicObject, Patch, PatchParams},
    runtime::controller::Action,
};
use serde_json::json;

use super::status::Finding;
use crate::{
    apply::{Applier, ApplyError},
    names,
    tenancy::vcluster::{
        PlaneNames, TenantName, VirtualCluster,
        life::{Found, PAUSED, State},
        objects::objects,
    },
};

/// A VirtualCluster that is tried again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReconcileError {
    /// The API server refused, or could not be reached.
    #[error("the API server did not take it: {0}; it is tried again")]
    Api(#[from] Box<kube::Error>),
    /// An object could not be applied.
    #[error("{0}; it is tried again")]
    Apply(#[from] ApplyError),
    /// An object of ours does not have the shape of its kind.
    #[error("an object that tenantbench builds is not valid: {0}; please report this")]
    Object(#[from] serde_json::Error),
}

/// What every reconciliation may use.
pub(super) struct Context {
    pub(super) applier: Applier,
}

/// What the host lets go unseen, such as an object of ours that somebody has changed, is put right this often.
const AGAIN: Duration = Duration::from_secs(600);

pub(super) async fn reconcile(
    cluster: Arc<VirtualCluster>,
    context: Arc<Context>,
) -> Result<Action, ReconcileError> {
    if cluster.meta().deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    let names = PlaneNames::new(&cluster.name_any(), &cluster.namespace().unwrap_or_default(), &cluster.spec);
    let applied = match cluster.name_any().parse::<TenantName>() {
        Err(error) => Err(error.to_string()),
        Ok(_) => match apply(&cluster, &names, &context.applier).await {
            // Only its user can mend what the API server does not take; the status says so.
            Err(ReconcileError::Apply(error)) if is_final(&error) => Err(error.to_string()),
            applied => Ok(applied?),
        },
    };
    tell(&cluster, &names, &context.applier, applied).await?;
    Ok(Action::requeue(AGAIN))
}

/// Applies all objects, owned by the VirtualCluster.
async fn apply(
    cluster: &VirtualCluster,
    names: &PlaneNames,
    applier: &Applier,
) -> Result<(), ReconcileError> {
    let sets: Api<StatefulSet> = Api::namespaced(applier.client().clone(), &names.namespace);
    let set = sets.get_opt(&names.stateful_set).await.map_err(Box::new)?;
    let rests = set.is_some_and(|set| set.annotations().contains_key(PAUSED));
    for mut object in objects(names, &cluster.spec) {
        // What its user has told to pause is not woken by whoever applies it again.
        if rests && object["kind"] == "StatefulSet" {
            object["spec"]["replicas"] = json!(0);
        }
        let mut object: DynamicObject = serde_json::from_value(object)?;
        object.metadata.owner_references = cluster.controller_owner_ref(&()).map(|owner| vec![owner]);
        applier.apply(&object, &names.namespace).await?;
    }
    Ok(())
}

fn is_final(error: &ApplyError) -> bool {
    match error {
        ApplyError::Refused(_) => true,
        ApplyError::Call { source, .. } => {
            matches!(&**source, kube::Error::Api(status) if status.code == 422 || status.code == 400)
        }
        _ => false,
    }
}

async fn tell(
    cluster: &VirtualCluster,
    names: &PlaneNames,
    applier: &Applier,
    applied: Result<(), String>,
) -> Result<(), ReconcileError> {
    let sets: Api<StatefulSet> = Api::namespaced(applier.client().clone(), &names.namespace);
    let set = sets.get_opt(&names.stateful_set).await.map_err(Box::new)?;
    let state = set.and_then(Found::of).map(|found| found.state);
    let (phase, findings) = findings(applied, state);
    let before = cluster.status.clone().unwrap_or_default();
    let generation = cluster.meta().generation.unwrap_or_default();
    let status = before.next(generation, phase, &names.kubeconfig, findings, Timestamp::now());
    if cluster.status.as_ref() == Some(&status) {
        return Ok(());
    }
    let api: Api<VirtualCluster> = Api::namespaced(applier.client().clone(), &names.namespace);
    let params = PatchParams::apply(names::FIELD_MANAGER).force();
    let patch = json!({
        "apiVersion": VirtualCluster::api_version(&()), "kind": VirtualCluster::kind(&()), "status": status,
    });
    match api.patch_status(&cluster.name_any(), &params, &Patch::Apply(patch)).await {
        // Gone meanwhile: nobody is left to tell.
        Err(kube::Error::Api(answer)) if answer.code == 404 => Ok(()),
        told => Ok(told.map(drop).map_err(Box::new)?),
    }
}

fn findings(applied: Result<(), String>, state: Option<State>) -> (&'static str, Vec<Finding>) {
    let is_applied = applied.is_ok();
    let applied = Finding {
        kind: "Applied",
        holds: is_applied,
        reason: if is_applied { "AsAsked" } else { "Refused" },
        message: applied.err().unwrap_or_default(),
    };
    let is_ready = state == Some(State::Ready);
    let (phase, reason, message) = match state {
        _ if !is_applied => ("Failed", "NotApplied", "its objects could not be made"),
        Some(State::Ready) => ("Ready", "PlaneReady", "its API answers and its syncer runs"),
        Some(State::Paused) => ("Paused", "Paused", "its plane has been told to pause"),
        _ => ("Pending", "PlaneStarts", "its plane is not Ready; its pod says why"),
    };
    let ready = Finding { kind: "Ready", holds: is_applied && is_ready, reason, message: message.to_owned() };
    (phase, vec![applied, ready])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_ready_only_where_its_objects_are_as_asked() {
        let (phase, all) = findings(Ok(()), Some(State::Ready));
        assert_eq!((phase, all[0].holds, all[1].holds), ("Ready", true, true));
        let (phase, all) = findings(Err("no".into()), Some(State::Ready));
        assert_eq!((phase, all[0].message.as_str(), all[1].holds), ("Failed", "no", false));
        assert_eq!(findings(Ok(()), None).0, "Pending");
    }
}
