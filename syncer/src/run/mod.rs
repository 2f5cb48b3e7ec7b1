//! Puts the parts together and keeps them going.

mod custom;
mod dispatch;
mod error;
mod health;
mod identity;
mod jumps;
mod lead;
mod many;
mod member;
mod prepare;
mod probe;
mod pulse;
mod rest;
mod rights;
mod serve;
mod shared;
mod trust;
mod watches;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use self::{lead::Ended, shared::Shared};

pub use error::RunError;
pub use health::{Check, Health};
pub use identity::AnotherTenant;
pub use lead::{Election, Lead};
pub(crate) use many::wanted;
pub use many::{Furnish, Process, Roll, Source, Wanted, run_many};
pub use prepare::Owner;
pub use pulse::Pulse;
pub use rights::Endpoints;
pub use serve::Server;
pub use trust::Trust;

use crate::{
    clock::Clock,
    config::ReadyKind,
    kinds::Kinds,
    kubelet::{self, NodeMetrics},
    names::Names,
    translate::pod::Rules,
};

/// What a syncer of one virtual cluster is told.
#[derive(Clone, Debug)]
pub struct Options {
    /// The virtual cluster and its host namespace.
    pub names: Names,
    /// The host's API.
    pub host: kube::Config,
    /// The tenant's API.
    pub tenant: kube::Config,
    /// The host Service of the tenant's API, in the same namespace.
    pub service: String,
    /// The plane's own object on the host, which is to own all others.
    pub owner: Option<Owner>,
    /// The address of the tenant's Nodes.
    pub node_address: String,
    /// The port of the tenant's Nodes; where there is a kubelet endpoint, the one that it gets.
    pub kubelet_port: u16,
    /// The kubelet endpoint; none for none.
    pub kubelet: Option<kubelet::Options>,
    /// The label selector of the host's classes that the tenant gets; empty for all.
    pub classes: String,
    /// Whether it passes on the figures of the host's kubelets.
    pub node_metrics: NodeMetrics,
    /// The tenant's service range, to be checked against the host's.
    pub service_cidr: Option<String>,
    /// Whether the endpoints of Services without a selector are synced.
    pub endpoints: Endpoints,
    /// What is done where the tenant's API turns out to be another cluster's.
    pub another_tenant: AnotherTenant,
    /// What the tenant's pods may do.
    pub pods: Rules,
    /// The clock to go by.
    pub clock: Clock,
    /// By which Lease several replicas elect the one that writes; none for one replica.
    pub election: Option<Election>,
    /// What is synced, as far as the host's Role covers it.
    pub kinds: Kinds,
    /// Custom resources that are synced, as soon as both sides have them.
    pub custom: Vec<ReadyKind>,
}

/// How long turns that are under way may go on after `stop`. One that is dropped then is done anew by the next run.
const LAST_TURNS: Duration = Duration::from_millis(800);

/// Runs a syncer until `stop`, which it follows within a second; where replicas elect one, giving the Lease back may take
/// 2.5 s more. Waits for either API as long as it takes.
///
/// # Errors
/// What no waiting mends: unusable credentials or files, a service range that does not fit.
pub async fn run(options: Options, health: Health, stop: CancellationToken) -> Result<(), RunError> {
    let election = options.election.as_ref();
    let (shared, candidate) = Shared::new(&options.host, options.clock.clone(), election, None)?;
    // Boxed, for it is large, and handed from one to the next.
    let running = Box::pin(async {
        let mut turns = std::pin::pin!(dispatch::run(shared.clone(), health.clone(), stop.clone()));
        tokio::select! {
            ended = Box::pin(member::run(options, shared.clone(), health.clone(), stop.clone())) => ended?,
            () = &mut turns => return Ok(()),
        }
        turns.await;
        Ok(())
    });
    lead::led(candidate, until_stopped(running, &stop), &stop).await
}

/// Waits for what runs, but after `stop` not much longer.
async fn until_stopped(
    running: impl Future<Output = Result<(), RunError>>,
    stop: &CancellationToken,
) -> Result<Ended, RunError> {
    let mut running = std::pin::pin!(running);
    let ended = tokio::select! {
        ended = &mut running => Some(ended),
        () = stop.cancelled() => tokio::time::timeout(LAST_TURNS, running).await.ok(),
    };
    let Some(ended) = ended else {
        tracing::info!("turns that are under way are dropped; the next run does them anew");
        return Ok(Ended::CutOff);
    };
    ended.map(|()| Ended::Whole)
}
