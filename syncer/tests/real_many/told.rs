//! What a syncer tells of itself, waited for.

use std::time::Duration;

use crate::support::{SyncerProgram, served::get};

/// Waits until its metrics are so. There is nothing to watch in another process.
pub(crate) async fn until_metrics(syncer: &SyncerProgram, limit: Duration, is_so: impl Fn(&str) -> bool) {
    let so = async {
        loop {
            let answer = get(syncer.address, "/metrics").await;
            if answer.status == 200 && is_so(&answer.text) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    if tokio::time::timeout(limit, so).await.is_err() {
        panic!("{}\n{}", get(syncer.address, "/readyz?verbose").await.text, syncer.log());
    }
}

/// Waits until so many tenants are ready.
pub(crate) async fn until_ready(syncer: &SyncerProgram, tenants: usize, limit: Duration) {
    until_metrics(syncer, limit, |text| {
        let lines = text.lines().filter(|line| line.starts_with("tenantbench_syncer_tenant_ready{"));
        lines.filter(|line| line.ends_with(" 1")).count() == tenants
    })
    .await;
}
