//! Ends containers, gracefully where they let us.

use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;
use tokio::time;

use super::Worker;
use crate::node::pod::{
    manager::Updates,
    probe::{Probed, hook},
    record::Ended,
};

/// What a pod gets whose object is already gone, or whose host is going.
const SHORT: Duration = Duration::from_secs(5);

/// What is left to a container whose hook has taken all its time, as under a kubelet.
const LAST_GRACE: Duration = Duration::from_secs(2);

/// How containers are ended.
#[derive(Clone, Copy)]
pub(super) struct Ending {
    pub(super) grace: Duration,
    /// Whether their preStop hooks are run first.
    pub(super) hooks: bool,
}

impl Worker {
    /// Ends all containers; if the pod's object vanishes meanwhile, at once.
    pub(super) async fn stop_within(&mut self, updates: &mut Updates) {
        let gone = updates.current().is_none();
        let ending = if gone || updates.is_shutdown() {
            Ending { grace: self.grace().min(SHORT), hooks: false }
        } else {
            Ending { grace: self.grace(), hooks: true }
        };
        tokio::select! {
            () = self.end_containers(ending) => return,
            () = cut_short(updates, gone) => {}
        }
        self.end_containers(Ending { grace: Duration::ZERO, hooks: false }).await;
    }

    /// Runs the containers' hooks, asks all to end, waits up to the grace period, and kills those that have not.
    pub(super) async fn end_containers(&mut self, ending: Ending) {
        for name in self.live.keys() {
            self.context.events.normal(&self.pod, "Killing", &format!("stopping container {name}"));
        }
        let stopped = join_all(self.live.iter().map(async |(name, live)| {
            let left = if ending.hooks { self.before_end(name, ending.grace).await } else { ending.grace };
            let exit = live.process.stop(left).await;
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

impl Worker {
    /// Runs a container's preStop hook, if it has one. Returns what is left of the grace period.
    async fn before_end(&self, name: &str, grace: Duration) -> Duration {
        let container = self.container(name);
        let hook = container.as_ref().and_then(|container| container.lifecycle.as_ref()?.pre_stop.as_ref());
        let served = self.served.read().containers.get(name).cloned();
        let (Some(container), Some(hook), Some(served)) = (&container, hook, served) else { return grace };
        let (context, address) = (self.context.clone(), self.sandbox.address());
        let probed = Probed { context, address, container: container.clone(), served };
        let began = time::Instant::now();
        let failure = match time::timeout(grace, hook::run(&probed, hook)).await {
            Ok(Ok(())) => None,
            Ok(Err(reason)) => Some(reason),
            Err(_) => Some("it took longer than the grace period".to_owned()),
        };
        if let Some(reason) = failure {
            let text = format!("the preStop hook of container {name} failed: {reason}");
            self.context.events.warning(&self.pod, "FailedPreStopHook", &text);
        }
        grace.saturating_sub(began.elapsed()).max(LAST_GRACE)
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
