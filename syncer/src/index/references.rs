//! Which pods name which ConfigMaps and Secrets, read from either end.

use std::collections::{HashMap, HashSet};

use super::{Id, Key};

/// The names by pod and the pods by name.
#[derive(Debug, Default)]
pub struct References {
    by_pod: HashMap<Id, Vec<Key>>,
    by_target: HashMap<Key, HashSet<Id>>,
}

impl References {
    /// What a pod names from now on. Returns the targets that became used or unused by it.
    pub(super) fn set(&mut self, pod: &Id, targets: Vec<Key>) -> Vec<Key> {
        let before = self.by_pod.remove(pod).unwrap_or_default();
        let mut changed = Vec::new();
        for target in before.iter().filter(|target| !targets.contains(target)) {
            if let Some(pods) = self.by_target.get_mut(target) {
                pods.remove(pod);
                if pods.is_empty() {
                    self.by_target.remove(target);
                    changed.push(target.clone());
                }
            }
        }
        for target in targets.iter().filter(|target| !before.contains(target)) {
            let pods = self.by_target.entry(target.clone()).or_default();
            if pods.is_empty() {
                changed.push(target.clone());
            }
            pods.insert(pod.clone());
        }
        if !targets.is_empty() {
            self.by_pod.insert(pod.clone(), targets);
        }
        changed
    }

    /// The pods that name a target.
    pub fn users(&self, target: &Key) -> impl Iterator<Item = &Id> {
        self.by_target.get(target).into_iter().flatten()
    }

    /// Whether any pod names it.
    pub fn is_used(&self, target: &Key) -> bool {
        self.by_target.contains_key(target)
    }

    /// What a pod names.
    pub fn of(&self, pod: &Id) -> &[Key] {
        self.by_pod.get(pod).map_or(&[], Vec::as_slice)
    }
}
