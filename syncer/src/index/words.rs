//! Words that many objects have in common: of each, one copy.

use std::{collections::HashSet, sync::Arc};

use crate::room::Room;

/// Names of namespaces and nodes.
#[derive(Debug, Default)]
pub(super) struct Words(HashSet<Arc<str>>);

impl Words {
    /// The copy of a word, from now on.
    pub(super) fn shared(&mut self, word: &str) -> Arc<str> {
        if let Some(known) = self.0.get(word) {
            return Arc::clone(known);
        }
        let word: Arc<str> = word.into();
        self.0.insert(Arc::clone(&word));
        word
    }

    /// Forgets those that nobody uses.
    pub(super) fn shrink(&mut self) {
        self.0.retain(|word| Arc::strong_count(word) > 1);
        self.0.shrink();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_held_once_and_as_long_as_somebody_uses_it() {
        let mut words = Words::default();
        let (one, two) = (words.shared("default"), words.shared("default"));
        words.shared("gone");
        assert!(Arc::ptr_eq(&one, &two) && words.0.len() == 2);
        words.shrink();
        assert!(Arc::ptr_eq(&one, &words.shared("default")) && words.0.len() == 1);
    }
}
