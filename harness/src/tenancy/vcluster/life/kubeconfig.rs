//! The way into a virtual cluster.

use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use kube::{Api, config::Kubeconfig};

use super::Site;
use crate::{
    observe::until::Wait,
    tenancy::{TenancyError, vcluster::PlaneNames},
};

/// The admin's kubeconfig, for use inside the host cluster, once the plane has made it.
///
/// # Errors
/// When it is not there within `limit`, or is none.
pub async fn kubeconfig(
    site: &Site,
    names: &PlaneNames,
    limit: Duration,
) -> Result<Kubeconfig, TenancyError> {
    let secrets: Api<Secret> = Api::namespaced(site.host.client().clone(), &site.namespace);
    let wait = Wait::new(format!("the kubeconfig of {}", names.cluster), limit);
    let config = |secret: &Secret| secret.data.as_ref()?.get("config").cloned();
    let text = wait.object(secrets, &names.kubeconfig, config, |_| "it has no `config`".into()).await?;
    Kubeconfig::from_yaml(&String::from_utf8_lossy(&text.0)).map_err(|source| TenancyError::Kubeconfig {
        secret: names.kubeconfig.clone(),
        reason: source.to_string(),
    })
}

/// The same way in, by another address.
#[must_use]
pub fn reached_at(mut config: Kubeconfig, server: &str) -> Kubeconfig {
    for cluster in config.clusters.iter_mut().filter_map(|named| named.cluster.as_mut()) {
        cluster.server = Some(server.to_owned());
    }
    config
}
