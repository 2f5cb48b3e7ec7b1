//! Custom kinds: found on both sides, watched while they are there, waited for while they are not. Nothing else waits
//! for them.

mod definitions;
mod plan;
mod served;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use kube::Client;
use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::{CancellationToken, DropGuard};

use self::{
    definitions::Definitions,
    plan::{Obstacle, Plan},
    served::Served,
};
use super::{Health, Trust, watches};
use crate::{
    config::ReadyKind,
    kinds::{Api, Custom, Kind, Reach, Row, Side},
    retry,
    role::{self, Lack},
    sync::Tenant,
    watch::{HostWatches, Way},
};

/// How often the host is asked whether it still has the definition of a kind that is synced, where the syncer may not
/// watch the host's definitions, which no Role can allow. The tenant's are always watched.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Where custom kinds are synced.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) tenant: Arc<Tenant>,
    pub(super) tenant_watches: Client,
    pub(super) host_watches: HostWatches,
    pub(super) health: Health,
    pub(super) trust: Trust,
    pub(super) stop: CancellationToken,
}

/// Watches at once on each side for so many kinds.
pub(super) fn streams(kinds: usize) -> usize {
    if kinds == 0 { 0 } else { kinds + 1 }
}

/// Syncs custom kinds until `stop`.
pub(super) async fn run(kinds: Vec<ReadyKind>, place: Place) {
    if kinds.is_empty() {
        return;
    }
    let mut tasks = JoinSet::new();
    let mut watched = |side: Side, client: &Client| {
        let (known, definitions) = watch::channel(Definitions::None);
        tasks.spawn(definitions::follow(side, client.clone(), place.trust.clone(), known));
        definitions
    };
    let tenant = watched(Side::Tenant, &place.tenant_watches);
    let host = place.tenant.cluster(Side::Host).client();
    let asked = definitions::may_be_watched(host);
    let Some(may_watch) = place.stop.run_until_cancelled(asked).await else { return };
    let lease = if may_watch { place.host_watches.lease().ok() } else { None };
    let host = lease.as_ref().map(|lease| watched(Side::Host, lease.client()));
    for kind in kinds {
        let definitions = Sides { tenant: tenant.clone(), host: host.clone() };
        tasks.spawn(follow(kind, place.clone(), definitions));
    }
    // They end when this is dropped.
    place.stop.cancelled().await;
}

/// The definitions of both sides, as far as they are watched.
struct Sides {
    tenant: watch::Receiver<Definitions>,
    /// None where the syncer may not watch them.
    host: Option<watch::Receiver<Definitions>>,
}

/// What is known of one kind's group.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    tenant: Definitions,
    host: Option<Definitions>,
}

impl Sides {
    /// What there is of a group now.
    fn known(&mut self, group: &str) -> Known {
        Known {
            tenant: of_group(&self.tenant.borrow_and_update(), group),
            host: self.host.as_mut().map(|host| of_group(&host.borrow_and_update(), group)),
        }
    }

    /// Waits until there is something else of a group. Returns whether anybody still watches.
    async fn changed(&mut self, group: &str, before: &Known) -> bool {
        let tenant = self.tenant.wait_for(|all| of_group(all, group) != before.tenant);
        let Some(host) = &mut self.host else { return tenant.await.is_ok() };
        let host = host.wait_for(|all| Some(of_group(all, group)) != before.host);
        tokio::select! {
            changed = tenant => changed.is_ok(),
            changed = host => changed.is_ok(),
        }
    }
}

fn of_group(all: &Definitions, group: &str) -> Definitions {
    let own = |all: &BTreeMap<String, String>| {
        let own = all.iter().filter(|(name, _)| definitions::is_of(name, group));
        own.map(|(name, version)| (name.clone(), version.clone())).collect()
    };
    all.as_ref().map(own)
}

/// Follows one kind through all that becomes of it.
async fn follow(kind: ReadyKind, place: Place, mut definitions: Sides) {
    let mut present: Option<(Plan, DropGuard)> = None;
    let mut as_what = None;
    let mut failures = 0;
    loop {
        let known = definitions.known(&kind.group);
        match find(&kind, &place, &known, &mut as_what).await {
            Ok(Some(plan)) if present.as_ref().is_none_or(|(present, _)| *present != plan) => {
                tell(&kind, &plan);
                // First the end of the watches that there were.
                drop(present.take());
                let watches = begin(&kind, &place, &plan, custom(&kind, &plan, &mut as_what));
                present = Some((plan, watches));
                failures = 0;
            }
            Ok(_) => failures += 1,
            Err(error) => {
                tracing::debug!(kind = kind.kind, %error, "it cannot be found out where this kind is served");
                failures += 1;
            }
        }
        let is_settled = present.as_ref().is_some_and(|(plan, _)| plan.is_settled());
        let again = async {
            match (is_settled, &known.host) {
                // What could change is watched.
                (true, Some(_)) => std::future::pending().await,
                (true, None) => place.tenant.clock().sleep(LOOK_AGAIN).await,
                (false, _) => place.tenant.clock().sleep(retry::delay(failures)).await,
            }
        };
        tokio::select! {
            () = again => {}
            watched = definitions.changed(&kind.group, &known) => {
                // Nobody tells of definitions any more: the program ends.
                if !watched {
                    return;
                }
                failures = 0;
            }
        }
    }
}

/// Where the kind is served, and what keeps it from being synced; none before that can be known.
async fn find(
    kind: &ReadyKind,
    place: &Place,
    known: &Known,
    as_what: &mut AsWhat,
) -> Result<Option<Plan>, kube::Error> {
    let client = |side| place.tenant.cluster(side).client();
    let (group, name) = (kind.group.as_str(), kind.kind.as_str());
    let Some(of_tenant) = &known.tenant else { return Ok(None) };
    let tenant = definitions::of(client(Side::Tenant), of_tenant, group, name).await?;
    let host = match &known.host {
        None => served::by_discovery(client(Side::Host), group, name).await?,
        Some(None) => return Ok(None),
        Some(Some(of_host)) => definitions::of(client(Side::Host), of_host, group, name).await?,
    };
    let mut plan = plan::plan(kind, &tenant, &host);
    if let Some(custom) = custom(kind, &plan, as_what).filter(|_| plan.on_host) {
        let row = Row::of_custom(custom);
        let namespace = place.tenant.settings().names.host_namespace();
        let lacks = role::lack(client(Side::Host), namespace, &row).await?;
        if !lacks.is_empty() {
            plan.on_host = false;
            plan.obstacle = Some(Obstacle::NoRight { lacks: listed(&lacks), rule: rule(&row) });
        }
    }
    Ok(Some(plan))
}

fn listed(lacks: &[Lack]) -> String {
    lacks.iter().map(Lack::to_string).collect::<Vec<_>>().join("; ")
}

/// The rule that grants what a row needs, in one line of YAML.
fn rule(row: &Row) -> String {
    let of = |(resource, verbs): (String, &'static [&'static str])| {
        let (group, verbs) = (row.kind.api().group, verbs.join(", "));
        format!("{{apiGroups: [{group}], resources: [{resource}], verbs: [{verbs}]}}")
    };
    row.rights().map(of).collect::<Vec<_>>().join(", ")
}

/// What a kind was last made, which is kept for ever: no second one for the same.
type AsWhat = Option<(Served, Custom)>;

fn custom(kind: &ReadyKind, plan: &Plan, last: &mut AsWhat) -> Option<Custom> {
    let served = plan.served.as_ref()?;
    if let Some((_, custom)) = last.as_ref().filter(|(before, _)| before == served) {
        return Some(*custom);
    }
    let api = Api::at_run_time([&kind.group, &served.version, &kind.kind, &served.plural], Reach::Namespaced);
    let custom = Custom::new(api, Arc::clone(&kind.rules), served.has_status);
    *last = Some((served.clone(), custom));
    Some(custom)
}

fn tell(kind: &ReadyKind, plan: &Plan) {
    let name = format!("{}/{}", kind.group, kind.kind);
    let version = plan.served.as_ref().map_or("", |served| served.version.as_str());
    match &plan.obstacle {
        None => tracing::info!(kind = name, version, "this custom kind is synced"),
        Some(obstacle @ Obstacle::NotInTenant) => {
            tracing::info!(kind = name, "this custom kind is not synced: {obstacle}");
        }
        Some(obstacle) => tracing::warn!(kind = name, "this custom kind is not synced: {obstacle}"),
    }
}

/// Begins to watch what is there. What is not in the tenant is known to be empty; what is not on the host is not known.
/// They end when what is returned is dropped.
fn begin(kind: &ReadyKind, place: &Place, plan: &Plan, custom: Option<Custom>) -> DropGuard {
    let stop = place.stop.child_token();
    let tenant = &place.tenant;
    if !plan.in_tenant {
        tenant.has_none_of(&kind.group, &kind.kind);
    }
    let Some(custom) = custom else { return stop.drop_guard() };
    let row = Row::of_custom(custom);
    tenant.unlist(row.kind);
    if !plan.in_tenant {
        tenant.nothing_is_there(Side::Tenant, row.kind);
    }
    for (side, is_there) in [(Side::Tenant, plan.in_tenant), (Side::Host, plan.on_host)] {
        if is_there {
            tokio::spawn(watch_side(row, side, Place { stop: stop.clone(), ..place.clone() }));
        }
    }
    stop.drop_guard()
}

async fn watch_side(row: Row, side: Side, place: Place) {
    let way = match side {
        Side::Tenant => Way::Own(place.tenant_watches),
        Side::Host => Way::Host(place.host_watches),
    };
    let (tenant, kind): (_, Kind) = (place.tenant, row.kind);
    let watch = watches::watch(&tenant.settings().names, &row, side, "");
    watch
        .run(way, place.health, place.trust, place.stop, move |event| {
            tenant.watched(side, kind, event);
        })
        .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_that_is_missing_can_be_put_into_a_role() {
        let api = Api::at_run_time(["example.com", "v1", "Widget", "widgets"], Reach::Namespaced);
        let rule = rule(&Row::of_custom(Custom::new(api, Arc::default(), true)));
        let parsed: k8s_openapi::api::rbac::v1::PolicyRule = serde_saphyr::from_str(&rule).expect("YAML");
        assert_eq!(parsed.resources.as_deref(), Some(["widgets".to_owned()].as_slice()));
        assert!(parsed.verbs.contains(&"update".to_owned()));
        assert_eq!(rule.lines().count(), 1);
    }
}
