//! Which objects name which others, read from either end: pods and Ingresses ConfigMaps and Secrets, EndpointSlices
//! their Service.

use std::collections::{HashMap, HashSet};

use super::Key;
use crate::room::Room;

/// The names by their user and the users by name.
#[derive(Debug, Default)]
pub struct References {
    by_user: HashMap<Key, Box<[Key]>>,
    by_target: HashMap<Key, HashSet<Key>>,
}

impl References {
    /// What an object names from now on. Returns the targets that became used or unused by it.
    pub(super) fn set(&mut self, user: &Key, targets: Vec<Key>) -> Vec<Key> {
        let before = self.by_user.remove(user).unwrap_or_default();
        let mut changed = Vec::new();
        for target in before.iter().filter(|target| !targets.contains(target)) {
            if let Some(users) = self.by_target.get_mut(target) {
                users.remove(user);
                if users.is_empty() {
                    self.by_target.remove(target);
                    changed.push(target.clone());
                }
            }
        }
        for target in targets.iter().filter(|target| !before.contains(target)) {
            let users = self.by_target.entry(target.clone()).or_default();
            if users.is_empty() {
                changed.push(target.clone());
            }
            users.insert(user.clone());
        }
        if !targets.is_empty() {
            // All users of a target share its name.
            let known = |target| self.by_target.get_key_value(target).map(|(known, _)| known.clone());
            let targets = targets.iter().filter_map(known).collect();
            self.by_user.insert(user.clone(), targets);
        }
        changed
    }

    /// Gives up the room that nothing is in.
    pub(super) fn shrink(&mut self) {
        self.by_user.shrink();
        self.by_target.shrink();
        self.by_target.values_mut().for_each(Room::shrink);
    }

    /// The objects that name a target.
    pub fn users(&self, target: &Key) -> impl Iterator<Item = &Key> {
        self.by_target.get(target).into_iter().flatten()
    }

    /// Whether any object names it.
    pub fn is_used(&self, target: &Key) -> bool {
        self.by_target.contains_key(target)
    }

    /// What an object names.
    pub fn of(&self, user: &Key) -> &[Key] {
        self.by_user.get(user).map_or(&[], |targets| targets)
    }
}
