//! The pods that run, for the kubelet API.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::Arc,
};

use k8s_openapi::api::core::v1::Pod;
use parking_lot::RwLock;

use crate::node::{
    changes::Key,
    helper::layout::{PodNamespaces, Process},
    runtime::Log,
};

/// Pods by namespace and name.
#[derive(Clone, Default)]
pub(crate) struct Registry {
    pods: Arc<RwLock<HashMap<Key, Arc<RwLock<ServedPod>>>>>,
}

/// One pod as the kubelet API serves it.
pub(crate) struct ServedPod {
    pub(crate) pod: Arc<Pod>,
    /// True where no program stands behind it.
    pub(crate) simulated: bool,
    pub(crate) containers: BTreeMap<String, ServedContainer>,
}

/// One container that was started at least once.
#[derive(Clone)]
pub(crate) struct ServedContainer {
    /// The logs of its starts: `0.log`, `1.log`, …
    pub(crate) logs: PathBuf,
    /// The number of the current start.
    pub(crate) attempt: u32,
    /// What it prints now.
    pub(crate) log: Log,
    /// Its process.
    pub(crate) pid: u32,
    /// True while it runs.
    pub(crate) running: bool,
    pub(crate) namespaces: Option<PodNamespaces>,
    /// What a command in it starts from: directory and user; the command line is its own.
    pub(crate) process: Process,
    pub(crate) environment: Vec<(String, String)>,
}

impl ServedContainer {
    /// The log of the start before the current one, or of this one.
    pub(crate) fn log_path(&self, previous: bool) -> Option<PathBuf> {
        let attempt = if previous { self.attempt.checked_sub(1)? } else { self.attempt };
        Some(self.logs.join(format!("{attempt}.log")))
    }
}

impl Registry {
    pub(crate) fn add(&self, key: Key, pod: Arc<Pod>, simulated: bool) -> Arc<RwLock<ServedPod>> {
        let served = Arc::new(RwLock::new(ServedPod { pod, simulated, containers: BTreeMap::new() }));
        self.pods.write().insert(key, Arc::clone(&served));
        served
    }

    /// Removes a pod unless another has taken its name.
    pub(crate) fn remove(&self, key: &Key, served: &Arc<RwLock<ServedPod>>) {
        let mut pods = self.pods.write();
        if pods.get(key).is_some_and(|there| Arc::ptr_eq(there, served)) {
            pods.remove(key);
        }
    }

    pub(crate) fn get(&self, namespace: &str, name: &str) -> Option<Arc<RwLock<ServedPod>>> {
        self.pods.read().get(&(namespace.to_owned(), name.to_owned())).cloned()
    }

    /// The pods of one node.
    pub(crate) fn of_node(&self, node: &str) -> Vec<Arc<Pod>> {
        let pods = self.pods.read();
        let all = pods.values().map(|served| Arc::clone(&served.read().pod));
        all.filter(|pod| pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()) == Some(node)).collect()
    }
}
