//! Carries connections of this machine to the plane's pod, each by a port-forward of its own.

use std::convert::Infallible;

use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client};
use tenantbench_syncer::accept::accept;
use tokio::net::{TcpListener, TcpStream};

use super::ReachError;
use crate::{port_forward, tenancy::vcluster::objects::API_SERVER_PORT};

/// Carries what `listener` accepts for as long as it is polled. `client` must be one for upgrades.
///
/// A pod that was made again has the same name, so a way stays good; a connection ends with the pod that it led to.
pub async fn carry(listener: TcpListener, client: Client, namespace: &str, pod: &str) -> Infallible {
    let pods: Api<Pod> = Api::namespaced(client, namespace);
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let (stream, pods, pod) = (accept(&listener).await, pods.clone(), pod.to_owned());
        connections.spawn(async move {
            if let Err(error) = one(stream, &pods, &pod).await {
                tracing::warn!(%error, "a connection was not carried");
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn one(local: TcpStream, pods: &Api<Pod>, pod: &str) -> Result<(), ReachError> {
    let failed = |source| ReachError::Forward { pod: pod.to_owned(), source: Box::new(source) };
    port_forward::carry(pods, pod, API_SERVER_PORT, local).await.map_err(failed)
}
