//! Words that many objects have in common: of each, one copy.

use std::{collections::HashSet, sync::Arc};

use crate::room::Room;

/// So many are not worth a look.
const FEW: usize = 64;

/// Names of namespaces and nodes.
#[derive(Debug, Default)]
pub(super) struct Words {
    all: HashSet<Arc<str>>,
    /// How many there are when those are looked for that nobody uses: a replica that waits for its turn has no rest.
    enough: usize,
}

impl Words {
    /// The copy of a word, from now on.
    pub(super) fn shared(&mut self, word: &str) -> Arc<str> {
        if let Some(known) = self.all.get(word) {
            return Arc::clone(known);
        }
        if self.all.len() >= self.enough {
            self.forget_unused();
            self.enough = (2 * self.all.len()).max(FEW);
        }
        let word: Arc<str> = word.into();
        self.all.insert(Arc::clone(&word));
        word
    }

    /// Forgets those that nobody uses.
    pub(super) fn shrink(&mut self) {
        self.forget_unused();
        self.all.shrink();
    }

    fn forget_unused(&mut self) {
        self.all.retain(|word| Arc::strong_count(word) > 1);
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
        assert!(Arc::ptr_eq(&one, &two) && words.all.len() == 2);
        words.shrink();
        assert!(Arc::ptr_eq(&one, &words.shared("default")) && words.all.len() == 1);
    }

    #[test]
    fn words_that_come_and_go_are_forgotten_also_where_there_is_never_a_rest() {
        let mut words = Words::default();
        let used: Vec<_> = (0..100).map(|number| words.shared(&format!("used-{number}"))).collect();
        (0..10_000).for_each(|number| drop(words.shared(&format!("gone-{number}"))));
        assert!(words.all.len() <= 2 * used.len() + FEW, "{}", words.all.len());
        assert!(used.iter().all(|word| Arc::ptr_eq(word, &words.shared(word))));
    }
}
