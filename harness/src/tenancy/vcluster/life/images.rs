//! Images of a plane that its host can be expected to hold.

use k8s_openapi::api::core::v1::Node;
use kube::{Api, api::ListParams};

use super::Site;
use crate::tenancy::{TenancyError, vcluster::Images};

/// `wanted`, with what nobody has chosen as the host's nodes hold it; where the user may not see nodes, as the version
/// of the host's API server suggests.
///
/// # Errors
/// As calls end.
pub async fn fitting(site: &Site, wanted: &Images) -> Result<Images, TenancyError> {
    let nodes: Api<Node> = Api::all(site.host.client().clone());
    match nodes.list(&ListParams::default()).await {
        Ok(nodes) => return Ok(wanted.held_by(&nodes.items)),
        Err(kube::Error::Api(status)) if status.code == 403 => {}
        Err(error) => return Err(TenancyError::call("list", "nodes")(error)),
    }
    let version = site.host.client().apiserver_version().await;
    let version = version.map_err(TenancyError::call("ask for", "the host's version"))?;
    Ok(wanted.of_version(&version.git_version))
}
