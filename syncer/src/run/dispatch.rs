//! Gives keys to workers.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::Health;
use crate::{
    index::Key,
    kinds::Side,
    metrics::{self, Ended, Turn},
    queue::TenantId,
    retry,
    sync::{Hand, SyncError, Tenant, Work, sync},
};

/// Keys of all tenants that are worked on at once.
const IN_FLIGHT: usize = 256;

/// Gives out keys until `stop`, and then waits for the turns that are under way.
pub(super) async fn run(tenants: Vec<Arc<Tenant>>, work: Arc<Work>, health: Health, stop: CancellationToken) {
    let pulse = health.pulse("dispatcher");
    let slots = Arc::new(Semaphore::new(IN_FLIGHT));
    let mut workers = JoinSet::new();
    if work.is_drained() {
        health.drained();
    }
    loop {
        while workers.try_join_next().is_some() {}
        let (id, key, hand) = tokio::select! {
            () = stop.cancelled() => break,
            next = work.next() => next,
            () = pulse.due() => continue,
        };
        let Some(tenant) = tenants.get(id.0 as usize).map(Arc::clone) else { continue };
        // The semaphore is never closed.
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
        let (work, health) = (Arc::clone(&work), health.clone());
        workers.spawn(async move {
            one(&tenant, id, &key, hand, &work).await;
            if !health.is_ready() && work.is_drained() {
                health.drained();
            }
            drop(slot);
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
    let (result, spent) = metrics::turn::counted(sync(tenant, key, hand)).instrument(span.clone()).await;
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
    // Counted before, so that whoever sees what the next turn did finds this one counted.
    let failures = work.done(id, key, result.is_err());
    match result {
        Ok(None) => {}
        Ok(Some(wait)) => work.push_later(wait, id, key.clone(), None),
        Err(error) => {
            let wait = error.asked_wait().unwrap_or_default().max(retry::delay(failures.saturating_sub(1)));
            span.in_scope(|| note(&error, failures, wait));
            work.push_later(wait, id, key.clone(), Some(news));
        }
    }
}

/// The first failures of a key are ordinary: the other side changed meanwhile.
fn note(error: &SyncError, failures: u32, wait: Duration) {
    const ORDINARY: u32 = 3;
    let wait = wait.as_secs_f64();
    if failures <= ORDINARY {
        tracing::debug!(failures, wait, %error, "to be tried again");
    } else {
        tracing::warn!(failures, wait, %error, "cannot be synced yet");
    }
}
