//! Gives keys to workers.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::RwLock;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{Health, rest::Rest, shared::Shared};
use crate::{
    index::Key,
    kinds::Side,
    metrics::{self, Ended, Turn},
    queue::TenantId,
    retry,
    sync::{After, Hand, News, SyncError, Tenant, Work, sync},
};

/// The tenants whose keys are given out.
#[derive(Clone, Default)]
pub(super) struct Roster(Arc<RwLock<HashMap<TenantId, Member>>>);

/// A tenant, and how it fares.
#[derive(Clone)]
struct Member {
    tenant: Arc<Tenant>,
    health: Health,
}

impl Roster {
    /// What goes ahead of a tenant's keys is given out.
    pub(super) fn enrol(&self, tenant: Arc<Tenant>, health: Health) {
        self.0.write().insert(tenant.id(), Member { tenant, health });
    }

    /// Has all of a tenant's keys given out. Both of its sides have been listed.
    pub(super) fn open(&self, id: TenantId, health: &Health, work: &Work) {
        work.open(id);
        health.opened();
        if work.is_drained(id) {
            health.drained();
        }
    }

    /// Forgets a tenant. Turns that are under way come to their end.
    pub(super) fn dismiss(&self, id: TenantId, work: &Work) {
        work.remove(id);
        self.0.write().remove(&id);
    }

    /// What a burst took and nothing is in any more is free again.
    fn shrink(&self) {
        self.0.read().values().for_each(|member| member.tenant.shrink());
    }

    fn member(&self, id: TenantId) -> Option<Member> {
        self.0.read().get(&id).cloned()
    }
}

/// Gives out keys until `stop`, and then waits for the turns that are under way.
pub(super) async fn run(shared: Shared, health: Health, stop: CancellationToken) {
    let Shared { work, roster, .. } = shared;
    let pulse = health.pulse("dispatcher");
    let (mut workers, mut rest) = (JoinSet::new(), Rest::default());
    loop {
        while workers.try_join_next().is_some() {}
        let (id, key, hand) = tokio::select! {
            () = stop.cancelled() => break,
            next = work.next() => next,
            () = pulse.due() => continue,
            () = rest.due() => {
                roster.shrink();
                work.shrink();
                rest.give_back();
                continue;
            }
        };
        rest.turn();
        let Some(Member { tenant, health }) = roster.member(id) else { continue };
        let work = Arc::clone(&work);
        workers.spawn(async move {
            one(&tenant, id, &key, hand, &work).await;
            if !health.is_ready() && work.is_drained(id) {
                health.drained();
            }
        });
    }
    while workers.join_next().await.is_some() {}
}

async fn one(tenant: &Tenant, id: TenantId, key: &Key, hand: Hand, work: &Work) {
    let (news, popped) = (hand.news(), work.clock().instant());
    // Not "name": in JSON that is the span's own.
    let span = tracing::info_span!(
        "turn",
        change = news.change(),
        kind = key.kind.name(),
        namespace = &*key.id.namespace,
        object = &*key.id.name,
    );
    let turn = metrics::turn::counted(sync(tenant, key, hand), || work.set_apart(id, key));
    let (result, spent) = turn.instrument(span.clone()).await;
    let ended = match &result {
        Ok(_) if spent.writes == 0 => Ended::Idle,
        Ok(_) => Ended::Done,
        Err(_) => Ended::Failed,
    };
    tenant.cluster(Side::Host).metrics().turn(&Turn {
        kind: key.kind,
        news: news.first(),
        first: news.is_fresh(),
        popped,
        done: work.clock().instant(),
        waited: spent.waited,
        ended,
    });
    let after = match result {
        Ok(None) if tenant.index(|index| index.is_gone(key)) => After::Gone,
        Ok(None) => After::Nothing,
        Ok(Some(wait)) => After::Look(wait),
        Err(error) => span.in_scope(|| after_failure(&error, work.failures(id, key) + 1, news)),
    };
    // The turn is counted before, so that whoever sees what the next one did finds this one counted.
    work.done(id, key, after);
}

/// What comes after so many failures in a row.
fn after_failure(error: &SyncError, failures: u32, news: News) -> After {
    if error.is_about_a_change() && failures <= ORDINARY {
        note(error, failures, Duration::ZERO);
        return After::Again(news);
    }
    let delay = retry::delay(failures.saturating_sub(1));
    let asked = error.asked_wait().map(|asked| asked.max(delay));
    note(error, failures, asked.unwrap_or(delay));
    asked.map_or(After::Retry(delay, news), |wait| After::PutOff(wait, news))
}

/// The first failures of a key are ordinary: the other side changed meanwhile.
const ORDINARY: u32 = 3;

fn note(error: &SyncError, failures: u32, wait: Duration) {
    let wait = wait.as_secs_f64();
    if failures <= ORDINARY {
        tracing::debug!(failures, wait, %error, "to be tried again");
    } else {
        tracing::warn!(failures, wait, %error, "cannot be synced yet");
    }
}
