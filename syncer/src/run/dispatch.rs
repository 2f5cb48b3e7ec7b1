//! Gives keys to workers.

use std::sync::Arc;

use tokio::{sync::Semaphore, task::JoinSet};

use super::Health;
use crate::{
    index::Key,
    queue::TenantId,
    retry,
    sync::{Hand, SyncError, Tenant, Work, sync},
};

/// Keys of all tenants that are worked on at once.
const IN_FLIGHT: usize = 256;

/// Never returns; stops when it is dropped.
pub(super) async fn run(tenants: Vec<Arc<Tenant>>, work: Arc<Work>, health: Health) {
    let slots = Arc::new(Semaphore::new(IN_FLIGHT));
    let mut workers = JoinSet::new();
    if work.is_drained() {
        health.drained();
    }
    loop {
        let (id, key, hand) = work.next().await;
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
        while workers.try_join_next().is_some() {}
    }
}

async fn one(tenant: &Tenant, id: TenantId, key: &Key, hand: Hand, work: &Work) {
    let result = sync(tenant, key, hand).await;
    let failures = work.done(id, key, result.is_err());
    match result {
        Ok(None) => {}
        Ok(Some(wait)) => work.push_later(wait, id, key.clone()),
        Err(error) => {
            let wait = error.asked_wait().unwrap_or_default().max(retry::delay(failures.saturating_sub(1)));
            note(key, &error, failures);
            work.push_later(wait, id, key.clone());
        }
    }
}

/// The first failures of a key are ordinary: the other side changed meanwhile.
fn note(key: &Key, error: &SyncError, failures: u32) {
    const ORDINARY: u32 = 3;
    let (kind, namespace, name) = (key.kind.name(), &*key.id.namespace, &*key.id.name);
    if failures <= ORDINARY {
        tracing::debug!(kind, namespace, name, failures, %error, "to be tried again");
    } else {
        tracing::warn!(kind, namespace, name, failures, %error, "cannot be synced yet");
    }
}
