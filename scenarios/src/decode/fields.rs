//! The fields of a mapping: wanted ones, optional ones, and whatever else is there.

use crate::{
    problem::{Position, Problems, remedy},
    tree::{Key, Node, Tree},
};

/// A mapping that is being read. Call [`Fields::finish`] last, or unknown fields pass unseen.
pub(super) struct Fields<'t> {
    at: Position,
    what: String,
    left: Vec<(&'t Key, &'t Tree)>,
    asked: Vec<&'static str>,
    problems: &'t Problems,
}

impl<'t> Fields<'t> {
    /// Opens a mapping; reports anything else, and doubled keys.
    pub(super) fn of(tree: &'t Tree, what: &str, problems: &'t Problems) -> Option<Self> {
        let Node::Map(entries) = &tree.node else {
            problems.report(
                tree.at,
                format!(
                    "{what} must be a mapping, not {} (write its fields as `name: value`)",
                    tree.node.kind()
                ),
            );
            return None;
        };
        let mut left: Vec<(&Key, &Tree)> = Vec::new();
        for (key, value) in entries {
            if left.iter().any(|(known, _)| known.name == key.name) {
                problems.report(key.at, format!("`{}` stands twice in {what} (remove one)", key.name));
            } else {
                left.push((key, value));
            }
        }
        Some(Self { at: tree.at, what: what.to_owned(), left, asked: Vec::new(), problems })
    }

    /// A field that may be left out; one without a value counts as left out.
    pub(super) fn optional(&mut self, name: &'static str) -> Option<&'t Tree> {
        self.asked.push(name);
        let place = self.left.iter().position(|(key, _)| key.name == name)?;
        let (_, value) = self.left.remove(place);
        (value.node != Node::Null).then_some(value)
    }

    /// A field that must be there; reports it where it is not.
    pub(super) fn needed(&mut self, name: &'static str) -> Option<&'t Tree> {
        let value = self.optional(name);
        if value.is_none() {
            self.problems.report(self.at, format!("{} has no `{name}` (add it)", self.what));
        }
        value
    }

    /// Reports every field that nobody asked for.
    pub(super) fn finish(self) {
        for (key, _) in &self.left {
            let remedy = remedy(&key.name, &self.asked);
            self.problems.report(key.at, format!("unknown field `{}` in {} ({remedy})", key.name, self.what));
        }
    }

    /// Where what is read should report its mistakes.
    pub(super) fn problems(&self) -> &'t Problems {
        self.problems
    }
}
