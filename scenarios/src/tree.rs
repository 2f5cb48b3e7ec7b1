//! YAML as a tree in which every node and key knows its place.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{DuplicateKeyPolicy, Spanned};

use crate::problem::{Position, Problem};

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tree {
    pub(crate) at: Position,
    pub(crate) node: Node,
}

/// A YAML value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Null,
    Boolean(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    List(Vec<Tree>),
    /// In the order of the file, doubled keys included, so that they can be reported.
    Map(Vec<(Key, Tree)>),
}

/// A key of a mapping and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    pub(crate) at: Position,
    pub(crate) name: String,
}

impl Node {
    /// What the node is, in the words of an error.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

/// Reads one YAML document. A syntax error ends the reading, so there is one problem at most.
pub(crate) fn parse(text: &str) -> Result<Tree, Problem> {
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        with_snippet: false,
    };
    let spanned: Spanned<Node> = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let at = error.location().map(position).unwrap_or(Position { line: 1, column: 1 });
        Problem { at, message: format!("not YAML: {}", message_of(&error)) }
    })?;
    Ok(spanned.into())
}

/// The parser's message without the place, which we print in our own way.
fn message_of(error: &serde_saphyr::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    match line.rfind(" at line ") {
        Some(cut) => line[..cut].to_owned(),
        None => line.to_owned(),
    }
}

fn position(location: serde_saphyr::Location) -> Position {
    Position { line: location.line(), column: location.column() }
}

impl From<Spanned<Node>> for Tree {
    fn from(spanned: Spanned<Node>) -> Self {
        Self { at: position(spanned.referenced), node: spanned.value }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        // An integer that no parameter can hold is kept as a text, so that its own field reports it.
        Ok(i64::try_from(value).map_or_else(|_| Node::Text(value.to_string()), Node::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Spanned<Node>>()? {
            list.push(item.into());
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        while let Some((key, value)) = entries.next_entry::<Spanned<String>, Spanned<Node>>()? {
            map.push((Key { at: position(key.referenced), name: key.value }, value.into()));
        }
        Ok(Node::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(tree: &Tree) -> (u64, u64) {
        (tree.at.line, tree.at.column)
    }

    #[test]
    fn every_node_and_key_knows_its_place() {
        let tree = parse("a: 1\nb:\n  - x\n  - c: ${p}\n").unwrap();
        let Node::Map(entries) = &tree.node else { panic!("{tree:?}") };
        let (a, b) = (&entries[0], &entries[1]);
        assert_eq!((a.0.at, at(&a.1)), (Position { line: 1, column: 1 }, (1, 4)));
        assert_eq!(b.0.at, Position { line: 2, column: 1 });
        let Node::List(items) = &b.1.node else { panic!("{b:?}") };
        assert_eq!(at(&items[0]), (3, 5));
        let Node::Map(inner) = &items[1].node else { panic!("{items:?}") };
        assert_eq!(inner[0].0.at, Position { line: 4, column: 5 });
        assert_eq!((at(&inner[0].1), &inner[0].1.node), ((4, 8), &Node::Text("${p}".to_owned())));
    }

    #[test]
    fn scalars_have_the_types_of_yaml_1_2() {
        let tree = parse("[1, 1.5, true, yes, \"3\", ~, 99999999999999999999]").unwrap();
        let Node::List(items) = tree.node else { panic!() };
        let kinds: Vec<_> = items.iter().map(|item| item.node.kind()).collect();
        assert_eq!(kinds[..6], ["an integer", "a number", "a boolean", "a text", "a text", "nothing"]);
    }

    #[test]
    fn doubled_keys_are_kept_for_the_report() {
        let tree = parse("a: 1\na: 2\n").unwrap();
        assert!(matches!(tree.node, Node::Map(entries) if entries.len() == 2));
    }

    #[test]
    fn a_syntax_error_has_its_place() {
        let problem = parse("a: 1\nb: [1, 2\nc: 3\n").unwrap_err();
        assert!(problem.at.line >= 2, "{problem:?}");
        assert!(problem.message.starts_with("not YAML: "), "{problem:?}");
    }

    #[test]
    fn nothing_at_all_is_null() {
        assert_eq!(parse("").unwrap().node, Node::Null);
    }
}
