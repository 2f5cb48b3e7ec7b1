//! Puts the parts together and keeps them going.

mod dispatch;
mod error;
mod health;
mod jumps;
mod prepare;
mod probe;
mod rights;
mod watches;

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
    kinds::{Kinds, Side},
    kubelet::{self, Backing, Kubelet, NodeMetrics, Reach},
    names::Names,
    node::RENEW_EVERY,
    queue::TenantId,
    sync::{Tenant, Work},
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
}

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
    // One for each kind and one for namespaces.
    let streams = options.kinds.rows().len() + 1;
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
    let kinds = rights::covered(options.kinds.clone(), options.endpoints, &host, namespace).await?;
    let settings = prepare::settings(&options, &kinds, &host, &tenant).await?;
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
    let watches = watches::watches(&options.names, &kinds, &options.classes);
    let lists = watches.iter().filter(|watch| watches::is_waited_for(watch.kind)).count();
    for watch in watches {
        let client = if watch.side == Side::Tenant { &tenant_watches } else { &host_watches }.clone();
        let (tenant, listed, kind, side) = (Arc::clone(&tenant), listed.clone(), watch.kind, watch.side);
        let counts = watches::is_waited_for(kind);
        let mut first = true;
        tasks.spawn(watch.run(client, stop.clone(), move |event| {
            if tenant.watched(side, kind, event) && std::mem::take(&mut first) && counts {
                listed.list_is_whole();
            }
        }));
    }
    // Nothing is decided before: what is not listed yet is not gone.
    health.lists_are_whole(lists).await;
    tracing::info!("both sides are listed");
    tasks.spawn(tend_nodes(Arc::clone(&tenant)));
    tasks.spawn(jumps::look_out(Arc::clone(&tenant)));
    dispatch::run(vec![tenant], work, health).await;
    Ok(())
}

async fn tend_nodes(tenant: Arc<Tenant>) {
    loop {
        tenant.nodes().tend(&tenant).await;
        tenant.clock().sleep(RENEW_EVERY).await;
    }
}
