//! Writing a status, and deleting.

use std::fmt::Debug;

use kube::{
    Api, Resource, ResourceExt,
    api::{DeleteParams, PostParams, Preconditions},
    core::object::HasStatus,
};
use serde::{Serialize, de::DeserializeOwned};

use super::error::ReconcileError;

/// Writes `status` by the status subresource, if nobody has changed the object since it was read.
///
/// It is replaced as a whole: a merge could not take a field away.
///
/// # Errors
/// When the API server refuses. A conflict is an error like another: the next try reads first.
pub(super) async fn status<K>(api: &Api<K>, object: &K, status: K::Status) -> Result<(), ReconcileError>
where
    K: Resource + HasStatus + Clone + Debug + Serialize + DeserializeOwned,
{
    let mut object = object.clone();
    *object.status_mut() = Some(status);
    match api.replace_status(&object.name_any(), &PostParams::default(), &object).await {
        Ok(_) => Ok(()),
        // Gone meanwhile: nobody is left to tell.
        Err(kube::Error::Api(answer)) if answer.code == 404 => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Deletes one object with what it owns: a Job would otherwise leave its Pods behind.
///
/// By uid: the name may belong to another object by now, and that is as good as gone.
///
/// # Errors
/// When the API server refuses.
pub(super) async fn delete<K>(api: &Api<K>, object: &impl ResourceExt) -> Result<(), ReconcileError>
where
    K: Clone + Debug + DeserializeOwned,
{
    let parameters =
        DeleteParams::background().preconditions(Preconditions { uid: object.uid(), resource_version: None });
    match api.delete(&object.name_any(), &parameters).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(answer)) if matches!(answer.code, 404 | 409) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
