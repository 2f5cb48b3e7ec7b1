//! One tenant's life in a process: asked about, listed, worked for, and left.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::{
    Health, Options, RunError, Trust, custom,
    identity::Identity,
    jumps, prepare, probe, rights,
    shared::{Seat, Shared},
    watches,
};
use crate::{
    client::{self, Purpose},
    flow::Gate,
    index::Key,
    kinds::{Kind, Row, Side},
    kubelet::{Backing, Kubelet, Reach},
    node::RENEW_EVERY,
    sync::{Tenant, clear_tokens, newcomers, sweep, until_done},
    watch::{Doors, Way},
    write::Cluster,
};

/// How often it is looked for what was left behind; tokens are of no use after an hour.
const CLEAR_UP_EVERY: Duration = Duration::from_secs(3600);

/// How long after the lists what waits for them to be worked off goes on in any case.
const FIRST_ROUND: Duration = Duration::from_secs(10);

/// Works for a tenant until `stop`. Waits for either API as long as it takes.
///
/// # Errors
/// What no waiting mends.
pub(super) async fn run(
    mut options: Options,
    shared: Shared,
    health: Health,
    stop: CancellationToken,
) -> Result<(), RunError> {
    let streams = options.kinds.rows().len() + custom::streams(options.custom.len());
    let host = shared.requests.clone();
    let tenant = client::client(options.tenant.clone(), Purpose::Requests)?;
    let tenant_watches = client::client(options.tenant.clone(), Purpose::Watches { streams })?;
    // The port is opened first: a plane whose kubelet endpoint cannot be opened should say so at once.
    let endpoint = match &options.kubelet {
        Some(kubelet) => Some(Kubelet::open(kubelet).await?),
        None => None,
    };
    if let Some(port) = endpoint.as_ref().and_then(Kubelet::port) {
        options.kubelet_port = port;
    }

    let namespace = options.names.host_namespace();
    let prepared = async {
        let kinds = rights::covered(options.kinds.clone(), options.endpoints, &host, namespace).await?;
        let settings = prepare::settings(&options, &kinds, &host, &tenant).await?;
        let owner = settings.owner.as_ref();
        let identity =
            Identity::establish((&host, &tenant), &options.names, owner, options.another_tenant).await?;
        Ok::<_, RunError>((kinds, settings, Arc::new(identity)))
    };
    let Some((kinds, settings, identity)) = stop.run_until_cancelled(prepared).await.transpose()? else {
        return Ok(());
    };
    let (wrong, mut is_wrong) = mpsc::unbounded_channel();
    let trust = Trust::new(Arc::clone(&identity), wrong);
    let seat = shared.seat();
    let cluster =
        |side, way| Cluster::new(side, way, seat.id(), (health.metrics().clone(), shared.lead.clone()));
    let tenant = cluster(Side::Tenant, (tenant, Gate::of_tenant(), Doors::open()));
    let host = cluster(Side::Host, (host, shared.gate.clone(), shared.watches.doors()));
    let tenant = Arc::new(Tenant::new(seat.id(), settings, tenant, host, Arc::clone(&shared.work)));
    health.metrics().show(&tenant);
    let stands_by = |stands_by| {
        tenant.stand_by(stands_by);
        health.stands_by(stands_by);
    };
    stands_by(shared.lead.left().is_none());

    tenant.await_users(options.custom.iter().map(|kind| (kind.group.as_str(), kind.kind.as_str())));
    let mut tasks = JoinSet::new();
    if let Some(endpoint) = endpoint {
        let host = tenant.cluster(Side::Host).client().clone();
        let reach = Reach::new(options.node_metrics, host, &shared.host);
        let upgrades = shared.upgrades.clone();
        let backing = Backing { tenant: Arc::clone(&tenant), upgrades, reach };
        tasks.spawn(endpoint.serve(backing, stop.clone()));
    }
    let watches = watches::watches(&options.names, &kinds, &options.classes);
    health.awaits(watches.iter().map(|watch| (watch.side, watch.kind)).collect());
    let (found, new_pods) = oneshot::channel();
    let mut found = Some(found);
    for watch in watches {
        let way = match watch.side {
            Side::Tenant => Way::Own(tenant_watches.clone()),
            Side::Host => Way::Host(shared.watches.clone()),
        };
        let (tenant, listed, kind, side) = (Arc::clone(&tenant), health.clone(), watch.kind, watch.side);
        let found = found.take_if(|_| (side, kind) == (Side::Tenant, Kind::Pod));
        let before = until_due(kind, Arc::clone(&tenant), health.clone(), found);
        let run = watch.run(way, health.clone(), trust.clone(), stop.clone(), move |event| {
            if tenant.watched(side, kind, event) {
                tracing::debug!(side = side.word(), kind = kind.name(), "the list is whole");
                listed.list_is_whole(side, kind);
            }
        });
        let until = stop.clone();
        tasks.spawn(async move {
            if until.run_until_cancelled(before).await.is_some() {
                run.await;
            }
        });
    }
    drop(found);
    let place = custom::Place {
        tenant: Arc::clone(&tenant),
        tenant_watches,
        host_watches: shared.watches.clone(),
        health: health.clone(),
        stop: stop.clone(),
        trust,
    };
    tasks.spawn(custom::run(options.custom, place));
    let beginning = async {
        shared.lead.held().await;
        stands_by(false);
        identity.note_down().await?;
        if let Some(range) = &options.service_cidr {
            probe::service_range(&shared.requests, &options.names, range).await?;
        }
        health.lists_but_pods_are_whole().await;
        seat.enrol(&tenant, &health);
        let ahead = new_pods.await.unwrap_or_default();
        tenant.put_ahead(&ahead);
        Ok(ahead)
    };
    // Those that come with their pods are looked at with them.
    let on_host = |row: &&Row| row.watched().contains(&Side::Host);
    let down = kinds.rows().iter().filter(|row| row.is_down() && !row.is_cluster_wide()).filter(on_host);
    let down = down.map(|row| row.kind).collect();
    tokio::select! {
        ended = go_on(&tenant, down, beginning, &seat, &health, stop) => ended,
        Some(error) = is_wrong.recv() => Err(error),
        error = identity.watch_over(&options.clock) => Err(error),
    }
}

/// Returns when it is time to list a kind. What waits for others takes no processor from them either: of events and of
/// pods' tokens there are as many as of pods. Where somebody waits for those that are `found` to be new, they are looked for
/// before.
async fn until_due(
    kind: Kind,
    tenant: Arc<Tenant>,
    health: Health,
    found: Option<oneshot::Sender<Vec<Key>>>,
) {
    if !watches::is_waited_for(kind) {
        health.lists_are_whole().await;
        if kind == Kind::Event {
            // While another replica leads it is that one which tells of them.
            health.has_opened().await;
        }
        after_the_first_round(&health).await;
    }
    if let Some(found) = found {
        let new = newcomers::find(&tenant).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "new pods wait for the lists of all");
            Vec::new()
        });
        // Who waited for it has been stopped.
        let _ = found.send(new);
    }
}

/// Returns when all that the lists ask for has been done once, or would have been in a tenant that comes to rest.
async fn after_the_first_round(health: &Health) {
    // Either way it is time.
    let _ = tokio::time::timeout(FIRST_ROUND, health.ready()).await;
}

/// Works until `stop`. But for what goes ahead, nothing is decided before both sides are listed, for what is not listed yet
/// is not gone; nor is what has lost its labels. Nothing is written before the `beginning` has been.
async fn go_on(
    tenant: &Arc<Tenant>,
    down: Vec<Kind>,
    beginning: impl Future<Output = Result<Vec<Key>, RunError>>,
    seat: &Seat,
    health: &Health,
    stop: CancellationToken,
) -> Result<(), RunError> {
    let known = async {
        let listed = async {
            health.lists_are_whole().await;
            Ok(())
        };
        let ((), ahead) = tokio::try_join!(listed, beginning)?;
        sweep(tenant, &down).await;
        Ok::<_, RunError>(ahead)
    };
    let Some(ahead) = stop.run_until_cancelled(known).await.transpose()? else { return Ok(()) };
    tracing::info!(tenant = tenant.settings().names.vcluster(), "both sides are listed");
    let mut tasks = JoinSet::new();
    tasks.spawn(tend_nodes(Arc::clone(tenant)));
    tasks.spawn(jumps::look_out(Arc::clone(tenant)));
    tasks.spawn(clear_up(Arc::clone(tenant), health.clone()));
    tenant.put_forward(ahead);
    seat.open(health);
    stop.cancelled().await;
    Ok(())
}

async fn clear_up(tenant: Arc<Tenant>, health: Health) {
    // Nobody waits for it, and what waits for its turn at a start wants the host to itself.
    after_the_first_round(&health).await;
    // From then on tokens go before the pod is made again, and none that are looked for come behind.
    health.has_listed(Side::Host, Kind::PodToken).await;
    loop {
        until_done(tenant.clock(), "what was left behind is not removed yet", || clear_tokens(&tenant)).await;
        tenant.clock().sleep(CLEAR_UP_EVERY).await;
    }
}

async fn tend_nodes(tenant: Arc<Tenant>) {
    loop {
        tenant.nodes().tend(&tenant).await;
        tenant.clock().sleep(RENEW_EVERY).await;
    }
}
