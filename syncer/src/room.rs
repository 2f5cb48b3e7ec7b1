//! Room that nothing is in any more.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::{BuildHasher, Hash},
};

/// What keeps the room of the most it ever held.
pub(crate) trait Room {
    /// Gives it up, but for as much again as there is: what grows and shrinks a little is not to move each time.
    fn shrink(&mut self);
}

impl<K: Eq + Hash, V, S: BuildHasher> Room for HashMap<K, V, S> {
    fn shrink(&mut self) {
        self.shrink_to(2 * self.len());
    }
}

impl<T: Eq + Hash, S: BuildHasher> Room for HashSet<T, S> {
    fn shrink(&mut self) {
        self.shrink_to(2 * self.len());
    }
}

impl<T> Room for VecDeque<T> {
    fn shrink(&mut self) {
        self.shrink_to(2 * self.len());
    }
}
