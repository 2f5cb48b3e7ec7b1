//! Replaces `${name}` in a tree.

use std::collections::BTreeMap;

use crate::{
    language::Value,
    problem::{Position, Problems, remedy},
    tree::{Node, Tree},
};

/// The tree with every `${name}` replaced: alone it takes the value's type, within a text its words.
pub(super) fn substitute(tree: &Tree, parameters: &BTreeMap<String, Value>, problems: &Problems) -> Tree {
    let inner = |tree: &Tree| substitute(tree, parameters, problems);
    let node = match &tree.node {
        Node::Text(text) => replace(text, tree.at, parameters, problems),
        Node::List(items) => Node::List(items.iter().map(inner).collect()),
        Node::Map(entries) => {
            Node::Map(entries.iter().map(|(key, value)| (key.clone(), inner(value))).collect())
        }
        other => other.clone(),
    };
    Tree { at: tree.at, node }
}

/// The names that stand as `${name}` in a text.
pub(crate) fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

fn replace(text: &str, at: Position, parameters: &BTreeMap<String, Value>, problems: &Problems) -> Node {
    let known: Vec<&str> = parameters.keys().map(String::as_str).collect();
    if text.matches("${").count() != names(text).count() {
        problems.report(at, format!("`${{` without its end in {text:?} (write ${{name}})"));
    }
    let mut replaced = text.to_owned();
    for name in names(text) {
        let Some(value) = parameters.get(name) else {
            problems.report(at, format!("no parameter `{name}` ({})", remedy(name, &known)));
            continue;
        };
        let reference = format!("${{{name}}}");
        if text == reference {
            return node_of(value);
        }
        replaced = replaced.replace(&reference, &value.to_text());
    }
    Node::Text(replaced)
}

fn node_of(value: &Value) -> Node {
    match value {
        Value::Integer(value) => Node::Integer(*value),
        Value::Number(value) => Node::Number(*value),
        Value::Boolean(value) => Node::Boolean(*value),
        Value::String(_) | Value::Duration(_) => Node::Text(value.to_text()),
    }
}
