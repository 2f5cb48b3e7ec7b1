//! Several renderings of the same objects become one tree with conditions where they differ.

use serde_json::Value;

use super::symbols::{Choice, Switch};

/// A part of a template.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// The same in all renderings.
    Same(Value),
    Map(Vec<(String, Node)>),
    List(Vec<Node>),
    /// One or the other, either of which may be nothing.
    If(Switch, Option<Box<Node>>, Option<Box<Node>>),
}

/// A rendering by the choice that it was made with; nothing where the part is missing from it.
pub(super) type Variant = (Choice, Option<Value>);

/// Merges renderings; nothing if the part is missing from all.
pub(super) fn merge(variants: &[Variant]) -> Option<Node> {
    let (_, first) = variants.first()?;
    if variants.iter().all(|(_, value)| value == first) {
        return first.clone().map(Node::Same);
    }
    if let Some(maps) = all(variants, Value::as_object) {
        let keys = union(maps.iter().map(|map| map.keys().cloned()));
        let field = |key: &String| {
            let of = maps.iter().map(|map| map.get(key).cloned());
            let parts: Vec<_> = variants.iter().map(|(choice, _)| *choice).zip(of).collect();
            merge(&parts).map(|node| (key.clone(), node))
        };
        return Some(Node::Map(keys.iter().filter_map(field).collect()));
    }
    if let Some(lists) = all(variants, Value::as_array) {
        let names = union(lists.iter().map(|list| list.iter().map(identity)));
        let item = |name: &String| {
            let of = lists.iter().map(|list| list.iter().find(|item| identity(item) == *name).cloned());
            let parts: Vec<_> = variants.iter().map(|(choice, _)| *choice).zip(of).collect();
            merge(&parts)
        };
        return Some(Node::List(names.iter().filter_map(item).collect()));
    }
    let switch = Switch::ALL.into_iter().find(|switch| depends_on(variants, *switch))?;
    let side = |wanted: bool| {
        let part: Vec<_> =
            variants.iter().filter(|(choice, _)| choice.has(switch) == wanted).cloned().collect();
        merge(&part).map(Box::new)
    };
    Some(Node::If(switch, side(true), side(false)))
}

fn all<'a, T>(variants: &'a [Variant], as_what: impl Fn(&'a Value) -> Option<T>) -> Option<Vec<T>> {
    variants.iter().map(|(_, value)| value.as_ref().and_then(&as_what)).collect()
}

/// All names in the order in which they come first.
fn union(lists: impl Iterator<Item = impl Iterator<Item = String>>) -> Vec<String> {
    let mut names = Vec::new();
    for name in lists.flatten() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// What tells an item of a list from the others: an object's kind and name, or the item itself.
fn identity(item: &Value) -> String {
    let name = item.get("name").or_else(|| item.pointer("/metadata/name"));
    match name {
        Some(name) => format!("{}{name}", item.get("kind").unwrap_or(&Value::Null)),
        None => item.to_string(),
    }
}

/// Whether two renderings differ that were made with choices which differ in nothing else.
fn depends_on(variants: &[Variant], switch: Switch) -> bool {
    variants.iter().filter(|(choice, _)| choice.has(switch)).any(|(choice, value)| {
        variants.iter().any(|(other, without)| *other == choice.without(switch) && without != value)
    })
}
