//! A tree becomes YAML with the actions of a template.

use serde_json::Value;

use super::{expression, merge::Node, symbols::Switch};

/// A list of objects as documents.
pub(super) fn documents(all: &Node) -> String {
    let mut text = String::new();
    each(all, &mut |node| {
        choose(node, &mut text, &|node, text| {
            text.push_str("---\n");
            fields(node, 0, text);
        })
    });
    text
}

/// The items of a list.
fn each(list: &Node, act: &mut dyn FnMut(&Node)) {
    match list {
        Node::List(items) => items.iter().for_each(act),
        Node::Same(Value::Array(items)) => items.iter().for_each(|item| act(&Node::Same(item.clone()))),
        other => act(other),
    }
}

/// Writes a part under its conditions.
fn choose(node: &Node, text: &mut String, write: &dyn Fn(&Node, &mut String)) {
    let Node::If(switch, then, otherwise) = node else { return write(node, text) };
    match (then, otherwise) {
        (Some(then), otherwise) => {
            action(text, &format!("if {}", switch.condition()));
            choose(then, text, write);
            if let Some(otherwise) = otherwise {
                action(text, "else");
                choose(otherwise, text, write);
            }
        }
        (None, otherwise) => {
            action(text, &format!("if not {}", Switch::condition(*switch)));
            if let Some(otherwise) = otherwise {
                choose(otherwise, text, write);
            }
        }
    }
    action(text, "end");
}

fn action(text: &mut String, words: &str) {
    text.push_str(&format!("{{{{- {words} }}}}\n"));
}

/// The fields of a map, a line or more each.
fn fields(node: &Node, depth: usize, text: &mut String) {
    let all: Vec<(String, Node)> = match node {
        Node::Map(fields) => fields.clone(),
        Node::Same(Value::Object(fields)) => {
            fields.iter().map(|(name, value)| (name.clone(), Node::Same(value.clone()))).collect()
        }
        // A map and something else under one condition do not come up; the text would show it.
        _ => Vec::new(),
    };
    for (name, field) in all {
        choose(&field, text, &|field, text| {
            text.push_str(&format!("{}{}:", "  ".repeat(depth), key(&name)));
            value(field, depth, text);
        });
    }
}

/// What comes after a name: a scalar on the same line, or lines that lie deeper.
fn value(node: &Node, depth: usize, text: &mut String) {
    if let Node::Same(same) = node
        && let Some(scalar) = expression::of(same)
    {
        text.push_str(&format!(" {scalar}\n"));
        return;
    }
    text.push('\n');
    match node {
        Node::Map(_) | Node::Same(Value::Object(_)) => fields(node, depth + 1, text),
        list => each(list, &mut |item| choose(item, text, &|item, text| self::item(item, depth + 1, text))),
    }
}

/// An item of a list: a scalar, or fields of which the first stands beside the dash.
fn item(node: &Node, depth: usize, text: &mut String) {
    let dash = format!("{}- ", "  ".repeat(depth));
    if let Node::Same(same) = node
        && let Some(scalar) = expression::of(same)
    {
        text.push_str(&format!("{dash}{scalar}\n"));
        return;
    }
    let mut inner = String::new();
    fields(node, depth + 1, &mut inner);
    // A condition takes a line of its own, and so may the first field.
    let indent = "  ".repeat(depth + 1);
    match inner.strip_prefix(&indent) {
        Some(rest) => text.push_str(&format!("{dash}{rest}")),
        None => text.push_str(&format!("{}\n{inner}", dash.trim_end())),
    }
}

/// Names of ours are plain words; others are quoted.
fn key(name: &str) -> String {
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric());
    if is_plain { name.to_owned() } else { Value::from(name).to_string() }
}
