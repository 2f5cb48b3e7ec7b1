//! The declaration of a parameter.

use super::{fields::Fields, scalar};
use crate::{
    language::{Parameter, ParameterKind, ParameterType, Value},
    problem::Problems,
    tree::{Node, Tree},
};

/// The characters of a parameter's name.
pub(super) fn in_name(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

/// Reads a declaration and checks its default against it.
pub(super) fn parameter(tree: &Tree, name: &str, problems: &Problems) -> Option<Parameter> {
    let mut fields = Fields::of(tree, &format!("parameter `{name}`"), problems)?;
    let kind =
        fields.needed("type").and_then(|tree| scalar::word(tree, &format!("type of `{name}`"), problems));
    let kind = kind.and_then(|kind| kind_of(kind, name, &mut fields));
    let default = fields.needed("default");
    let help =
        fields.needed("help").and_then(|tree| scalar::text(tree, &format!("help of `{name}`"), problems));
    if kind.is_some() {
        fields.finish();
    }
    let (kind, default) = (kind?, default?);
    match kind.accept(&value_of(default)?) {
        Ok(default) => Some(Parameter { kind, default, help: help? }),
        Err(reason) => {
            problems.report(default.at, format!("default of `{name}` {reason}"));
            None
        }
    }
}

fn kind_of(kind: ParameterType, name: &str, fields: &mut Fields<'_>) -> Option<ParameterKind> {
    match kind {
        ParameterType::Integer => {
            let (min, max) = bounds(ParameterKind::Integer { min: None, max: None }, name, fields)?;
            Some(ParameterKind::Integer {
                min: min.and_then(Value::integer),
                max: max.and_then(Value::integer),
            })
        }
        ParameterType::Number => {
            let (min, max) = bounds(ParameterKind::Number { min: None, max: None }, name, fields)?;
            Some(ParameterKind::Number { min: min.and_then(Value::number), max: max.and_then(Value::number) })
        }
        ParameterType::Duration => {
            let (min, max) = bounds(ParameterKind::Duration { min: None, max: None }, name, fields)?;
            Some(ParameterKind::Duration {
                min: min.and_then(Value::duration),
                max: max.and_then(Value::duration),
            })
        }
        ParameterType::Boolean => Some(ParameterKind::Boolean),
        ParameterType::String => Some(ParameterKind::String),
        ParameterType::Enum => {
            let problems = fields.problems();
            let what = format!("values of `{name}`");
            let items = scalar::list(fields.needed("values")?, &what, problems)?;
            Some(ParameterKind::Enum {
                values: items.iter().filter_map(|item| scalar::text(item, &what, problems)).collect(),
            })
        }
    }
}

/// `min` and `max`, each a value of the parameter's own type, in order.
fn bounds(
    kind: ParameterKind,
    name: &str,
    fields: &mut Fields<'_>,
) -> Option<(Option<Value>, Option<Value>)> {
    let problems = fields.problems();
    let mut bound = |field| match fields.optional(field) {
        None => Some(None),
        Some(tree) => match value_of(tree).map(|value| kind.accept(&value)) {
            Some(Ok(value)) => Some(Some((tree.at, value))),
            Some(Err(reason)) => {
                problems.report(tree.at, format!("{field} of `{name}` {reason}"));
                None
            }
            None => None,
        },
    };
    let (min, max) = (bound("min"), bound("max"));
    let (min, max) = (min?, max?);
    if let (Some((_, min)), Some((at, max))) = (&min, &max)
        && min.partial_cmp(max) == Some(std::cmp::Ordering::Greater)
    {
        problems.report(*at, format!("max of `{name}` is below its min (swap them)"));
    }
    Some((min.map(|(_, value)| value), max.map(|(_, value)| value)))
}

/// A scalar node as a value, before its type is known; a list or mapping becomes a text that no type takes.
fn value_of(tree: &Tree) -> Option<Value> {
    Some(match &tree.node {
        Node::Boolean(value) => Value::Boolean(*value),
        Node::Integer(value) => Value::Integer(*value),
        Node::Number(value) => Value::Number(*value),
        Node::Text(value) => Value::String(value.clone()),
        other => Value::String(other.kind().to_owned()),
    })
}
