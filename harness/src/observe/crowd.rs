//! Many pods at once, as one watch sees them: who has come how far, and when.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use futures::{StreamExt, pin_mut};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client, ResourceExt,
    runtime::{WatchStreamExt, watcher},
};
use parking_lot::Mutex;
use tenantbench_syncer::names::marks;
use tokio::{sync::watch, task::AbortHandle};

use super::{clock::Moment, pods::is_ready, until::WaitError};

/// How far one pod has come, and when it came there first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Way {
    /// When the watch first showed it.
    pub seen: Moment,
    /// When it first showed a node.
    pub bound: Option<Moment>,
    /// When it first showed it Ready.
    pub ready: Option<Moment>,
    /// When it showed it gone.
    pub gone: Option<Moment>,
    /// Whether it is Ready now.
    is_ready: bool,
}

/// How many have come how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Whether the first list is whole.
    pub listed: bool,
    /// Pods that were ever seen.
    pub seen: usize,
    /// Pods that were ever bound.
    pub bound: usize,
    /// Pods that are Ready now.
    pub ready: usize,
    /// How often a pod that nobody had deleted was Ready and then not.
    pub lost: usize,
    /// Pods that are gone.
    pub gone: usize,
}

/// A running watch of the pods that have a label, in a namespace or in all. It ends when this is dropped.
pub struct Crowd {
    ways: Arc<Mutex<Ways>>,
    tally: watch::Receiver<Tally>,
    task: AbortHandle,
}

/// Pods by the name that the tenant has for them: a copy on the host carries it as a mark.
#[derive(Default)]
struct Ways {
    by_name: BTreeMap<String, Way>,
    listed: BTreeSet<String>,
    tally: Tally,
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Crowd {
    /// Watches; `client` carries nothing but the watch, so that no call stands in its way.
    pub fn watch(client: Client, namespace: &str, labels: &str) -> Self {
        let api: Api<Pod> = Api::namespaced(client, namespace);
        let chosen = watcher::Config::default().labels(labels);
        let ways = Arc::new(Mutex::new(Ways::default()));
        let (sender, tally) = watch::channel(Tally::default());
        let shared = Arc::clone(&ways);
        let task = tokio::spawn(async move {
            let events = watcher(api, chosen).default_backoff();
            pin_mut!(events);
            while let Some(event) = events.next().await {
                let now = Moment::now();
                match event {
                    Ok(event) => {
                        let mut ways = shared.lock();
                        ways.take(event, now);
                        sender.send_replace(ways.tally);
                    }
                    Err(error) => tracing::debug!(%error, "the watch of many pods was interrupted"),
                }
            }
        })
        .abort_handle();
        Self { ways, tally, task }
    }

    /// Waits until the tally is as wanted.
    ///
    /// # Errors
    /// [`WaitError::TimedOut`] after `limit`.
    pub async fn until(
        &self,
        what: &str,
        limit: Duration,
        wanted: impl FnMut(&Tally) -> bool,
    ) -> Result<(), WaitError> {
        let mut tally = self.tally.clone();
        let reached = tokio::time::timeout(limit, tally.wait_for(wanted)).await;
        if matches!(reached, Ok(Ok(_))) {
            return Ok(());
        }
        let Tally { seen, bound, ready, gone, .. } = *self.tally.borrow();
        let last_seen = format!("{seen} seen, {bound} bound, {ready} Ready, {gone} gone");
        Err(WaitError::TimedOut { what: what.to_owned(), limit, last_seen })
    }

    /// How many have come how far, now.
    pub fn tally(&self) -> Tally {
        *self.tally.borrow()
    }

    /// The way of one pod.
    pub fn way(&self, name: &str) -> Option<Way> {
        self.ways.lock().by_name.get(name).copied()
    }

    /// When the last of them came to a point; none where nobody did.
    pub fn last(&self, point: impl Fn(&Way) -> Option<Moment>) -> Option<Moment> {
        self.ways.lock().by_name.values().filter_map(point).max_by_key(|moment| moment.instant)
    }
}

impl Ways {
    fn take(&mut self, event: watcher::Event<Pod>, now: Moment) {
        match event {
            watcher::Event::Init => self.listed.clear(),
            watcher::Event::InitApply(pod) => {
                self.listed.insert(name(&pod));
                self.show(&pod, now);
            }
            watcher::Event::InitDone => {
                let missing: Vec<_> =
                    self.by_name.keys().filter(|name| !self.listed.contains(*name)).cloned().collect();
                missing.iter().for_each(|name| self.end(name, now));
                self.tally.listed = true;
            }
            watcher::Event::Apply(pod) => self.show(&pod, now),
            watcher::Event::Delete(pod) => self.end(&name(&pod), now),
        }
    }

    fn show(&mut self, pod: &Pod, now: Moment) {
        let tally = &mut self.tally;
        let way = self.by_name.entry(name(pod)).or_insert_with(|| {
            tally.seen += 1;
            Way { seen: now, bound: None, ready: None, gone: None, is_ready: false }
        });
        if way.bound.is_none() && pod.spec.as_ref().is_some_and(|spec| spec.node_name.is_some()) {
            way.bound = Some(now);
            tally.bound += 1;
        }
        let ready = is_ready(pod) && way.gone.is_none();
        match (way.is_ready, ready) {
            (false, true) => tally.ready += 1,
            (true, false) => {
                tally.ready -= 1;
                tally.lost += usize::from(pod.metadata.deletion_timestamp.is_none());
            }
            _ => {}
        }
        way.is_ready = ready;
        if ready && way.ready.is_none() {
            way.ready = Some(now);
        }
    }

    fn end(&mut self, name: &str, now: Moment) {
        let Some(way) = self.by_name.get_mut(name).filter(|way| way.gone.is_none()) else { return };
        way.gone = Some(now);
        self.tally.gone += 1;
        if std::mem::take(&mut way.is_ready) {
            self.tally.ready -= 1;
        }
    }
}

fn name(pod: &Pod) -> String {
    pod.annotations().get(marks::NAME).cloned().unwrap_or_else(|| pod.name_any())
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    fn pod(name: &str, node: bool, ready: bool) -> Pod {
        let ready = if ready { "True" } else { "False" };
        let mut pod = json!({
            "metadata": {"name": format!("{name}-on-host"), "annotations": {(marks::NAME): name}},
            "spec": {"containers": []},
            "status": {"conditions": [{"type": "Ready", "status": ready}]},
        });
        if node {
            pod["spec"]["nodeName"] = json!("n");
        }
        from_value(pod).unwrap()
    }

    #[test]
    fn a_pod_that_loses_ready_is_not_counted_as_ready_and_keeps_when_it_was() {
        let mut ways = Ways::default();
        let moments: Vec<_> = (0..4).map(|_| Moment::now()).collect();
        for (at, (bound, ready)) in
            [(false, false), (true, false), (true, true), (true, false)].iter().enumerate()
        {
            ways.take(watcher::Event::Apply(pod("a", *bound, *ready)), moments[at]);
        }
        assert_eq!(ways.tally, Tally { seen: 1, bound: 1, lost: 1, ..Tally::default() });
        assert_eq!(ways.by_name["a"].bound, Some(moments[1]));
        assert_eq!(ways.by_name["a"].ready, Some(moments[2]));
    }

    #[test]
    fn a_pod_that_a_later_list_does_not_show_is_gone() {
        let mut ways = Ways::default();
        let now = Moment::now();
        for name in ["a", "b"] {
            ways.take(watcher::Event::Apply(pod(name, true, true)), now);
        }
        for event in
            [watcher::Event::Init, watcher::Event::InitApply(pod("b", true, true)), watcher::Event::InitDone]
        {
            ways.take(event, now);
        }
        assert_eq!(ways.tally, Tally { listed: true, seen: 2, bound: 2, ready: 1, lost: 0, gone: 1 });
    }
}
