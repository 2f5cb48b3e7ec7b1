//! Puts the parts together and keeps them going.

mod custom;
mod dispatch;
mod error;
mod health;
mod identity;
mod jumps;
mod prepare;
mod probe;
mod pulse;
mod rights;
mod serve;
mod trust;
mod watches;

use std::{sync::Arc, time::Duration};

use tokio::{sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;

use self::{dispatch::Roster, identity::Identity};

pub use error::RunError;
pub use health::{Check, Health};
pub use prepare::Owner;
pub use pulse::Pulse;
pub use rights::Endpoints;
pub use serve::Server;
pub use trust::Trust;

use crate::{
    client::{self, Purpose},
    clock::Clock,
    config::ReadyKind,
    kinds::{Kind, Kinds, Side},
    kubelet::{self, Backing, Kubelet, NodeMetrics, Reach},
    names::Names,
    node::RENEW_EVERY,
    queue::TenantId,
    retry,
    sync::{Tenant, Work, sweep},
    translate::pod::Rules,
    write::Cluster,
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
    /// The port of the tenant's Nodes.
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
    /// What the tenant's pods may do.
    pub pods: Rules,
    /// The clock to go by.
    pub clock: Clock,
    /// What is synced, as far as the host's Role covers it.
    pub kinds: Kinds,
    /// Custom resources that are synced, as soon as both sides have them.
    pub custom: Vec<ReadyKind>,
}

/// How long turns that are under way may go on after `stop`. One that is dropped then is done anew by the next run.
const LAST_TURNS: Duration = Duration::from_millis(800);

/// Runs a syncer until `stop`, which it follows within a second. Waits for either API as long as it takes.
///
/// # Errors
/// What no waiting mends: unusable credentials or files, a service range that does not fit.
pub async fn run(options: Options, health: Health, stop: CancellationToken) -> Result<(), RunError> {
    let mut running = std::pin::pin!(start(options, health, stop.clone()));
    tokio::select! {
        ended = &mut running => return ended,
        () = stop.cancelled() => {}
    }
    match tokio::time::timeout(LAST_TURNS, running).await {
        Ok(ended) => ended,
        Err(_) => {
            tracing::info!("turns that are under way are dropped; the next run does them anew");
            Ok(())
        }
    }
}

async fn start(options: Options, health: Health, stop: CancellationToken) -> Result<(), RunError> {
    let streams = options.kinds.rows().len() + custom::streams(options.custom.len());
    let host = client::client(options.host.clone(), Purpose::Requests)?;
    let host_watches = client::client(options.host.clone(), Purpose::Watches { streams })?;
    let upgrades = client::client(options.host.clone(), Purpose::Upgrades)?;
    let tenant = client::client(options.tenant.clone(), Purpose::Requests)?;
    let tenant_watches = client::client(options.tenant.clone(), Purpose::Watches { streams })?;
    // The port is opened first: a plane whose kubelet endpoint cannot be opened should say so at once.
    let endpoint = match &options.kubelet {
        Some(kubelet) => Some(Kubelet::open(kubelet).await?),
        None => None,
    };

    let namespace = options.names.host_namespace();
    let prepared = async {
        let kinds = rights::covered(options.kinds.clone(), options.endpoints, &host, namespace).await?;
        let settings = prepare::settings(&options, &kinds, &host, &tenant).await?;
        let owner = settings.owner.as_ref();
        let identity = Identity::establish((&host, &tenant), &options.names, owner).await?;
        Ok::<_, RunError>((kinds, settings, Arc::new(identity)))
    };
    let Some((kinds, settings, identity)) = stop.run_until_cancelled(prepared).await.transpose()? else {
        return Ok(());
    };
    let (wrong, mut is_wrong) = mpsc::unbounded_channel();
    let trust = Trust::new(Arc::clone(&identity), wrong);
    let work = Arc::new(Work::new(options.clock.clone()));
    let id = TenantId(0);
    let cluster = |side, client| Cluster::new(side, client, health.metrics().clone());
    let (tenant, host) = (cluster(Side::Tenant, tenant), cluster(Side::Host, host));
    let tenant = Arc::new(Tenant::new(id, settings, tenant, host, Arc::clone(&work)));
    health.metrics().show(&tenant);
    work.add(id);

    tenant.await_users(options.custom.iter().map(|kind| (kind.group.as_str(), kind.kind.as_str())));
    let mut tasks = JoinSet::new();
    if let Some(endpoint) = endpoint {
        let host = tenant.cluster(Side::Host).client().clone();
        let reach = Reach::new(options.node_metrics, host, &options.host);
        let backing = Backing { tenant: Arc::clone(&tenant), upgrades, reach };
        tasks.spawn(endpoint.serve(backing, stop.clone()));
    }
    let watches = watches::watches(&options.names, &kinds, &options.classes);
    let lists = watches.iter().filter(|watch| watches::is_waited_for(watch.kind));
    health.awaits(lists.map(|watch| (watch.side, watch.kind)).collect());
    for watch in watches {
        let client = if watch.side == Side::Tenant { &tenant_watches } else { &host_watches }.clone();
        let (tenant, listed, kind, side) = (Arc::clone(&tenant), health.clone(), watch.kind, watch.side);
        tasks.spawn(watch.run(client, health.clone(), trust.clone(), stop.clone(), move |event| {
            if tenant.watched(side, kind, event) {
                listed.list_is_whole(side, kind);
            }
        }));
    }
    let place = custom::Place {
        tenant: Arc::clone(&tenant),
        tenant_watches,
        host_watches,
        health: health.clone(),
        stop: stop.clone(),
        trust,
    };
    tasks.spawn(custom::run(options.custom, place));
    let down = kinds.rows().iter().filter(|row| row.is_down() && !row.is_cluster_wide());
    let down = down.map(|row| row.kind).collect();
    tokio::select! {
        () = go_on(tenant, down, work, health, stop) => Ok(()),
        Some(error) = is_wrong.recv() => Err(error),
        error = identity.watch_over(&options.clock) => Err(error),
    }
}

/// Works until `stop`. Nothing is decided before both sides are listed, for what is not listed yet is not gone; nor is
/// what has lost its labels.
async fn go_on(
    tenant: Arc<Tenant>,
    down: Vec<Kind>,
    work: Arc<Work>,
    health: Health,
    stop: CancellationToken,
) {
    let known = async {
        health.lists_are_whole().await;
        find_strays(&tenant, down).await;
    };
    if stop.run_until_cancelled(known).await.is_none() {
        return;
    }
    tracing::info!("both sides are listed");
    let mut tasks = JoinSet::new();
    tasks.spawn(tend_nodes(Arc::clone(&tenant)));
    tasks.spawn(jumps::look_out(Arc::clone(&tenant)));
    let roster = Roster::default();
    roster.admit(tenant, health.clone(), &work);
    dispatch::run(roster, work, health, stop).await;
}

async fn find_strays(tenant: &Tenant, kinds: Vec<Kind>) {
    let mut failures = 0;
    while let Err(error) = sweep(tenant, &kinds).await {
        tracing::debug!(%error, "copies without labels are not found yet");
        tenant.clock().sleep(retry::delay(failures)).await;
        failures += 1;
    }
}

async fn tend_nodes(tenant: Arc<Tenant>) {
    loop {
        tenant.nodes().tend(&tenant).await;
        tenant.clock().sleep(RENEW_EVERY).await;
    }
}
