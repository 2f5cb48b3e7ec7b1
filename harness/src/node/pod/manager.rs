//! One task per pod, fed by one watch for the pods of all nodes.

use std::{collections::HashMap, sync::Arc};

use k8s_openapi::api::core::v1::Pod;
use kube::{Api, ResourceExt, runtime::watcher};
use parking_lot::Mutex;
use tokio::{sync::watch, task::JoinSet};

use super::{Context, simulated, worker};
use crate::node::changes::{self, Changed, Key};

/// The latest object of one pod.
pub(crate) struct Updates {
    object: watch::Receiver<Option<Arc<Pod>>>,
    shutdown: watch::Receiver<bool>,
}

impl Updates {
    /// The pod as last seen; none once it is gone.
    pub(crate) fn current(&mut self) -> Option<Arc<Pod>> {
        self.object.borrow_and_update().clone()
    }

    /// Waits for a change, or for the nodes' end.
    pub(crate) async fn changed(&mut self) {
        // A dropped sender means that the pod is gone, which its last value says too.
        tokio::select! {
            changed = self.object.changed() => if changed.is_err() { std::future::pending::<()>().await },
            () = shut(&mut self.shutdown) => {}
        }
    }

    /// True when the host is going down: pods end, and nothing more is written to the API.
    pub(crate) fn is_shutdown(&self) -> bool {
        *self.shutdown.borrow()
    }
}

async fn shut(shutdown: &mut watch::Receiver<bool>) {
    if shutdown.wait_for(|shut| *shut).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Namespace and name of a pod.
pub(crate) fn key(pod: &Pod) -> Key {
    changes::key(pod)
}

struct Entry {
    uid: String,
    object: watch::Sender<Option<Arc<Pod>>>,
}

/// Runs the pods of all nodes.
pub(crate) struct Manager {
    context: Arc<Context>,
    pods: Mutex<HashMap<Key, Entry>>,
    tasks: Mutex<JoinSet<()>>,
    shutdown: watch::Sender<bool>,
}

impl Manager {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { context, pods: Mutex::default(), tasks: Mutex::default(), shutdown: watch::channel(false).0 }
    }

    /// Watches pods that are bound to a node, until dropped.
    pub(crate) async fn follow(&self) {
        let api = Api::<Pod>::all(self.context.client.clone());
        let bound = watcher::Config::default().fields("spec.nodeName!=");
        changes::of(api, bound, |changed| match changed {
            Changed::Applied(pod) => self.apply(pod),
            Changed::Gone(key) => self.remove(&key),
        })
        .await;
    }

    /// Ends all pods and returns when they are gone.
    pub(crate) async fn stop(&self) {
        self.shutdown.send_replace(true);
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        while tasks.join_next().await.is_some() {}
    }

    fn apply(&self, pod: Pod) {
        if self.context.node_of(&pod).is_none() {
            return;
        }
        let (key, uid) = (key(&pod), pod.uid().unwrap_or_default());
        let pod = Arc::new(pod);
        let mut pods = self.pods.lock();
        match pods.get(&key) {
            Some(entry) if entry.uid == uid => {
                entry.object.send_replace(Some(pod));
            }
            _ => {
                if let Some(other) = pods.insert(key, Entry { uid, object: self.begin(&pod) }) {
                    other.object.send_replace(None);
                }
            }
        }
    }

    fn remove(&self, key: &Key) {
        if let Some(entry) = self.pods.lock().remove(key) {
            entry.object.send_replace(None);
        }
    }

    fn begin(&self, pod: &Arc<Pod>) -> watch::Sender<Option<Arc<Pod>>> {
        let (object, receiver) = watch::channel(Some(Arc::clone(pod)));
        let updates = Updates { object: receiver, shutdown: self.shutdown.subscribe() };
        let mut tasks = self.tasks.lock();
        // Those that have ended are let go, so that a long run does not collect them.
        while tasks.try_join_next().is_some() {}
        if self.context.has_program(pod) {
            tasks.spawn(worker::run(Arc::clone(&self.context), updates));
        } else {
            tasks.spawn(until_shutdown(Arc::clone(&self.context), updates));
        }
        object
    }
}

async fn until_shutdown(context: Arc<Context>, updates: Updates) {
    let mut shutdown = updates.shutdown.clone();
    tokio::select! {
        () = simulated::run(context, updates) => {}
        () = shut(&mut shutdown) => {}
    }
}
