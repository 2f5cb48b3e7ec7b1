//! Ends containers, gracefully where they let us.

use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;
use tokio::time;

use super::Worker;
use crate::node::pod::{manager::Updates, record::Ended};

/// What a pod gets whose object is already gone, or whose host is going.
const SHORT: Duration = Duration::from_secs(5);

impl Worker {
    /// Ends all containers; if the pod's object vanishes meanwhile, at once.
    pub(super) async fn stop_within(&mut self, updates: &mut Updates) {
        let gone = updates.current().is_none();
        let grace = if gone || updates.is_shutdown() { self.grace().min(SHORT) } else { self.grace() };
        tokio::select! {
            () = self.end_containers(grace) => return,
            () = cut_short(updates, gone) => {}
        }
        self.end_containers(Duration::ZERO).await;
    }

    /// Asks all containers to end, waits up to `grace`, and kills those that have not.
    pub(super) async fn end_containers(&mut self, grace: Duration) {
        for name in self.live.keys() {
            self.context.events.normal(&self.pod, "Killing", &format!("stopping container {name}"));
        }
        let stopped = join_all(self.live.iter().map(async |(name, live)| {
            let exit = live.process.stop(grace).await;
            (name.clone(), live.process.pid(), exit, live.started)
        }))
        .await;
        for (name, pid, exit, started) in stopped {
            if let Some(live) = self.live.remove(&name) {
                live.tasks.iter().for_each(tokio::task::AbortHandle::abort);
            }
            if let Some(served) = self.served.write().containers.get_mut(&name) {
                served.running = false;
            }
            if let Some(record) = self.records.get_mut(&name) {
                record.ended(Ended { pid, exit, started, finished: Timestamp::now(), message: None });
            }
        }
    }
}

/// Waits until the object of a pod that was there is gone, or the host goes down.
async fn cut_short(updates: &mut Updates, gone: bool) {
    loop {
        let shutdown = updates.is_shutdown();
        if gone || shutdown {
            return std::future::pending().await;
        }
        updates.changed().await;
        if updates.current().is_none() {
            return;
        }
        if updates.is_shutdown() {
            time::sleep(SHORT).await;
            return;
        }
    }
}
