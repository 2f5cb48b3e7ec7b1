//! The rows that are on.

use super::{Kind, On, Row, TABLE};

/// A choice of kinds that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KindsError {
    /// A name that is no option's.
    #[error("{0:?} is no kind that can be chosen; choose among {all}", all = option_names().collect::<Vec<_>>().join(", "))]
    Unknown(String),
    /// Two ways of syncing one kind.
    #[error("{kind} cannot be synced in two ways; leave out {first} or {second}")]
    Clash {
        /// The kind.
        kind: &'static str,
        /// One option.
        first: &'static str,
        /// Another.
        second: &'static str,
    },
}

/// The row that an option of this name turns on.
///
/// # Errors
/// [`KindsError::Unknown`] for a name that is no option's.
pub fn optional(name: &str) -> Result<Row, KindsError> {
    let row = TABLE.iter().find(|row| row.option().is_some_and(|option| option == name));
    row.copied().ok_or_else(|| KindsError::Unknown(name.to_owned()))
}

fn option_names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().filter_map(Row::option)
}

/// What one syncer syncs: at most one row for each kind.
#[derive(Clone, Debug)]
pub struct Kinds(Vec<Row>);

impl Default for Kinds {
    /// What is on by default.
    fn default() -> Self {
        Self(TABLE.iter().filter(|row| !matches!(row.on, On::Option(_))).copied().collect())
    }
}

impl Kinds {
    /// Those and one more. A row by option stands in for the default row of its kind.
    ///
    /// # Errors
    /// [`KindsError::Clash`] where another option has brought that kind.
    pub fn with(mut self, row: Row) -> Result<Self, KindsError> {
        let before = self.0.iter_mut().find(|before| before.kind == row.kind);
        match before {
            None => self.0.push(row),
            Some(before) => match (before.option(), row.option()) {
                (Some(first), Some(second)) if first != second => {
                    return Err(KindsError::Clash { kind: row.kind.name(), first, second });
                }
                _ => *before = row,
            },
        }
        Ok(self)
    }

    /// Those for which `keep` holds.
    #[must_use]
    pub fn only(mut self, keep: impl FnMut(&Row) -> bool) -> Self {
        self.0.retain(keep);
        self
    }

    /// Those without what an option has brought for these kinds. Where such a row stood in for a default one, that is
    /// back.
    #[must_use]
    pub fn without(self, kinds: &[Kind]) -> Self {
        let mut left = self.only(|row| !kinds.contains(&row.kind));
        let defaults = TABLE.iter().filter(|row| row.on == On::Default && kinds.contains(&row.kind));
        left.0.extend(defaults);
        left
    }

    /// The rows, in the order in which they are to be listed.
    pub fn rows(&self) -> &[Row] {
        &self.0
    }

    /// The row of a kind, if it is synced.
    pub fn row(&self, kind: Kind) -> Option<&Row> {
        self.0.iter().find(|row| row.kind == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{Direction, Scope};

    fn row(kind: Kind, direction: Direction, name: &'static str) -> Row {
        Row { kind, direction, scope: Scope::All, on: On::Option(name), translator: "t", grants: &[] }
    }

    #[test]
    fn an_option_stands_in_for_the_default_of_its_kind() {
        let kinds = Kinds::default().with(row(Kind::Node, Direction::Up, "host-nodes")).expect("fits");
        let nodes: Vec<_> = kinds.rows().iter().filter(|row| row.kind == Kind::Node).collect();
        assert_eq!((nodes.len(), nodes[0].direction), (1, Direction::Up));
    }

    #[test]
    fn the_default_is_back_where_an_option_cannot_be_had() {
        let kinds = Kinds::default().with(optional("host-nodes").expect("an option")).expect("fits");
        let kinds = kinds.without(&[Kind::Node, Kind::Endpoints]);
        assert_eq!(kinds.row(Kind::Node).map(|row| row.direction), Some(Direction::Synthesised));
        assert!(kinds.row(Kind::Endpoints).is_none() && kinds.row(Kind::Pod).is_some());
    }

    #[test]
    fn a_kind_goes_one_way_only() {
        let class = |direction, name| row(Kind::PriorityClass, direction, name);
        let down = Kinds::default().with(class(Direction::Down, "down")).expect("fits");
        let again = down.clone().with(class(Direction::Down, "down")).expect("is the same");
        assert_eq!(again.rows().len(), down.rows().len());
        let both = down.with(class(Direction::Up, "up")).map(|_| ());
        assert_eq!(both, Err(KindsError::Clash { kind: "PriorityClass", first: "down", second: "up" }));
    }

    #[test]
    fn an_unknown_name_is_answered_with_those_that_there_are() {
        let error = optional("gateways").map(|_| ()).expect_err("is unknown").to_string();
        assert!(error.starts_with("\"gateways\" is no kind"), "{error}");
        assert!(option_names().all(|name| error.contains(name) && optional(name).is_ok()), "{error}");
    }
}
