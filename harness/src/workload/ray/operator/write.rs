//! Writing a status.

use std::fmt::Debug;

use kube::{Api, Resource, ResourceExt, api::PostParams, core::object::HasStatus};
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
