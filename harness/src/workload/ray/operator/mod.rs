//! The operator: a real controller for RayCluster and RayJob.
//!
//! It knows nothing of Ray itself: a job's outcome is its submitter's, for there is no dashboard to ask. RayService and
//! RayCronJob are CRDs only. Of a RayCluster it takes templates, counts, bounds, `scaleStrategy` and `suspend`, and leaves
//! the rest alone: autoscaling, Ingress, a head Service of one's own, authentication, fault tolerance, NetworkPolicies,
//! TLS, history and upgrades. Neither init containers nor probes are added to Pods.

mod cluster;
mod collect;
mod context;
mod controllers;
mod error;
mod http;
mod job;
mod lease;
mod metrics;
mod names;
mod unserved;
mod write;

use std::{net::SocketAddr, pin::pin, sync::Arc};

use kube::Client;
use tokio_util::sync::CancellationToken;

pub use error::{OperatorError, ReconcileError};

use context::Context;
use http::Progress;
use lease::Elector;

/// The Lease's name: KubeRay's own, so that the two never lead the same cluster at once.
const LEASE: &str = "ray-operator-leader";

/// How the operator runs.
#[derive(Clone, Debug)]
pub struct OperatorConfig {
    /// Where the Lease lives.
    pub namespace: String,
    /// This process among others that stand for the same lease: the Pod's name.
    pub identity: String,
    /// Namespaces to watch; all where it is empty.
    pub watch_namespaces: Vec<String>,
    /// Where metrics and probes are served.
    pub listen: SocketAddr,
}

/// Runs until `stop` is cancelled, and gives the lease back then.
///
/// # Errors
/// When the port is taken, the lease is lost, or a part that should run for ever ends.
pub async fn run(
    client: Client,
    config: OperatorConfig,
    stop: CancellationToken,
) -> Result<(), OperatorError> {
    let context = Arc::new(Context::new(client.clone(), config.identity.clone()));
    let progress = Arc::new(Progress::default());
    let listener = http::listen(config.listen).await?;
    let mut server = pin!(http::serve(listener, Arc::clone(&progress), Arc::clone(&context)));

    let elector = Elector::new(client, &config.namespace, LEASE, config.identity.clone());
    tracing::info!(identity = config.identity, "standing for the lease {}/{LEASE}", config.namespace);
    let mut leadership = tokio::select! {
        leadership = elector.lead(|| progress.standing_by()) => leadership,
        ended = &mut server => return ended,
        () = stop.cancelled() => return Ok(()),
    };
    tracing::info!("leading; RayService and RayCronJob are not served by the built-in model");
    let outcome = tokio::select! {
        lost = leadership.keep() => return Err(lost),
        ended = controllers::run(&config.watch_namespaces, &context, &progress) => Err(ended),
        ended = &mut server => ended,
        () = stop.cancelled() => Ok(()),
    };
    leadership.release().await;
    outcome
}
