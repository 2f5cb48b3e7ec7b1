//! Puts the parts together and keeps them going.

mod dispatch;
mod error;
mod health;
mod jumps;
mod prepare;
mod probe;
mod rights;

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use error::RunError;
pub use health::{Health, serve};
pub use prepare::Owner;
pub use rights::Endpoints;

use crate::{
    client::{self, Purpose},
    clock::Clock,
    kinds::{Kind, Side},
    kubelet::{self, Backing, Kubelet, NodeMetrics, Reach},
    names::{Names, marks},
    node::RENEW_EVERY,
    queue::TenantId,
    sync::{Tenant, Work},
    translate::pod::Rules,
    watch::Watch,
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
}

/// Kinds that are always watched on both sides, the ones first that others wait for.
const BOTH_SIDES: [Kind; 4] = [Kind::Service, Kind::ConfigMap, Kind::Secret, Kind::Pod];

/// Watches of each side at most: those kinds, endpoints and events.
const STREAMS: usize = BOTH_SIDES.len() + 3;

/// Runs a syncer until `stop`. Waits for either API as long as it takes.
///
/// # Errors
/// What no waiting mends: unusable credentials or files, a service range that does not fit.
pub async fn run(options: Options, health: Health, stop: CancellationToken) -> Result<(), RunError> {
    let running = start(options, health, stop.clone());
    tokio::select! {
        () = stop.cancelled() => Ok(()),
        ended = running => ended,
    }
}

async fn start(options: Options, health: Health, stop: CancellationToken) -> Result<(), RunError> {
    let streams = STREAMS;
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

    let settings = prepare::settings(&options, &host, &tenant).await?;
    let endpoints = rights::endpoint_kinds(options.endpoints, &host, options.names.host_namespace()).await?;
    let both_sides: Vec<Kind> = BOTH_SIDES.into_iter().chain(endpoints).collect();
    let work = Arc::new(Work::new(options.clock.clone()));
    let id = TenantId(0);
    let (tenant, host) = (Cluster::new(Side::Tenant, tenant), Cluster::new(Side::Host, host));
    let tenant = Arc::new(Tenant::new(id, settings, tenant, host, Arc::clone(&work)));

    let mut tasks = JoinSet::new();
    if let Some(endpoint) = endpoint {
        let host = tenant.cluster(Side::Host).client().clone();
        let reach = Reach::new(options.node_metrics, host, &options.host);
        let backing = Backing { tenant: Arc::clone(&tenant), upgrades, reach };
        tasks.spawn(endpoint.serve(backing, stop.clone()));
    }
    let listed = health.clone();
    for watch in watches(&options.names, &both_sides) {
        let client = if watch.side == Side::Tenant { &tenant_watches } else { &host_watches }.clone();
        let (tenant, listed, kind, side) = (Arc::clone(&tenant), listed.clone(), watch.kind, watch.side);
        let counts = both_sides.contains(&kind);
        let mut first = true;
        tasks.spawn(watch.run(client, stop.clone(), move |event| {
            if tenant.watched(side, kind, event) && std::mem::take(&mut first) && counts {
                listed.list_is_whole();
            }
        }));
    }
    // Nothing is decided before: what is not listed yet is not gone.
    health.lists_are_whole(2 * both_sides.len()).await;
    tracing::info!("both sides are listed");
    tasks.spawn(tend_nodes(Arc::clone(&tenant)));
    tasks.spawn(jumps::look_out(Arc::clone(&tenant)));
    dispatch::run(vec![tenant], work, health).await;
    Ok(())
}

fn watches(names: &Names, both_sides: &[Kind]) -> impl Iterator<Item = Watch> {
    let watch = |side, kind| Watch {
        side,
        kind,
        namespace: if side == Side::Host { names.host_namespace().to_owned() } else { String::new() },
        labels: if side == Side::Host { marks::selector(names) } else { String::new() },
        fields: String::new(),
    };
    // Events carry no labels of ours; they are told apart by the object that they are about.
    let events = Watch { labels: String::new(), ..watch(Side::Host, Kind::Event) };
    let sides = [Side::Tenant, Side::Host].into_iter();
    let both: Vec<Watch> =
        sides.flat_map(|side| both_sides.iter().map(move |kind| watch(side, *kind))).collect();
    both.into_iter().chain([events])
}

async fn tend_nodes(tenant: Arc<Tenant>) {
    if let Err(error) = tenant.nodes().adopt(&tenant).await {
        tracing::warn!(%error, "the Nodes of an earlier run are not taken over");
    }
    loop {
        tenant.nodes().tend(&tenant).await;
        tenant.clock().sleep(RENEW_EVERY).await;
    }
}
