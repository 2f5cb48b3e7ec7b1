//! Making a virtual cluster.

use std::time::Duration;

use kube::api::DynamicObject;
use serde_json::Value;

use super::{Progress, Site};
use crate::tenancy::{
    TenancyError,
    vcluster::{PlaneNames, Values, objects::objects, plane::Plane},
};

/// Applies all objects of a virtual cluster.
///
/// # Errors
/// As calls end.
pub async fn apply(site: &Site, names: &PlaneNames, values: &Values) -> Result<(), TenancyError> {
    apply_all(site, objects(names, values)).await
}

/// Applies objects in their order.
pub(in crate::tenancy::vcluster) async fn apply_all(
    site: &Site,
    objects: Vec<Value>,
) -> Result<(), TenancyError> {
    for object in objects {
        let object: DynamicObject =
            serde_json::from_value(object).map_err(TenancyError::object("virtual cluster"))?;
        site.host.apply(&object, &site.namespace).await?;
    }
    Ok(())
}

/// Waits until the plane is Ready: its API answers, and its syncer runs.
///
/// # Errors
/// When it is not within `limit`; the message says what keeps it.
pub async fn ready(
    site: &Site,
    names: &PlaneNames,
    limit: Duration,
    progress: Progress<'_>,
) -> Result<(), TenancyError> {
    progress(&format!("waiting for the control plane of {}", names.cluster));
    Plane::find(site.host.client().clone(), names.clone(), limit).await.map(drop)
}
