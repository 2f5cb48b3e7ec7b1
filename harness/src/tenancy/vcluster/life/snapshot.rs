//! Taking a dump of a virtual cluster's store, by a command in the plane's pod.

use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client};

use super::{Site, exec};
use crate::tenancy::{TenancyError, vcluster::PlaneNames};

/// The packed dump of a store. `upgrades` must be a client for upgrades.
///
/// # Errors
/// As the command ends.
pub async fn snapshot(site: &Site, upgrades: &Client, names: &PlaneNames) -> Result<Vec<u8>, TenancyError> {
    let command = ["tenantbench", "plane", "dump"].map(str::to_owned);
    let name = format!("--name={}", names.cluster);
    let pods: Api<Pod> = Api::namespaced(upgrades.clone(), &site.namespace);
    exec::run(&pods, names, command.into_iter().chain([name]).collect()).await
}
