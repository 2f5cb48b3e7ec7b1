//! Single values and lists of them.

use std::time::Duration;

use crate::{
    language::{Word, parse_duration},
    problem::{Problems, remedy},
    tree::{Node, Tree},
};

/// A text of at least one character.
pub(super) fn text(tree: &Tree, what: &str, problems: &Problems) -> Option<String> {
    match &tree.node {
        Node::Text(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Node::Text(_) => wrong(tree, what, "must not be empty", problems),
        other => {
            wrong(tree, what, &format!("must be a text, not {} (put it in quotes)", other.kind()), problems)
        }
    }
}

/// A name that Kubernetes takes for an object: lower case letters, digits and dashes, at most 40 characters, so that
/// the names made of it stay within 63.
pub(super) fn name(tree: &Tree, what: &str, problems: &Problems) -> Option<String> {
    let name = text(tree, what, problems)?;
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let ends = !name.starts_with('-') && !name.ends_with('-');
    if name.len() <= 40 && ends && name.chars().all(inner) {
        return Some(name);
    }
    wrong(
        tree,
        what,
        &format!("{name:?} is no name (use at most 40 of a-z, 0-9 and -, no dash at an end)"),
        problems,
    )
}

/// A whole number within a range.
pub(super) fn integer(
    tree: &Tree,
    what: &str,
    range: std::ops::RangeInclusive<u32>,
    problems: &Problems,
) -> Option<u32> {
    let (low, high) = (range.start(), range.end());
    let Node::Integer(number) = tree.node else {
        return wrong(
            tree,
            what,
            &format!("must be an integer, not {} (from {low} to {high})", tree.node.kind()),
            problems,
        );
    };
    match u32::try_from(number) {
        Ok(number) if range.contains(&number) => Some(number),
        _ => wrong(tree, what, &format!("is {number}, out of range (from {low} to {high})"), problems),
    }
}

/// A time such as `90s` or `2m`, longer than nothing.
pub(super) fn duration(tree: &Tree, what: &str, problems: &Problems) -> Option<Duration> {
    let Node::Text(text) = &tree.node else {
        return wrong(
            tree,
            what,
            &format!("must be a time, not {} (such as 90s or 2m)", tree.node.kind()),
            problems,
        );
    };
    match parse_duration(text) {
        Ok(duration) if !duration.is_zero() => Some(duration),
        Ok(_) => wrong(tree, what, "must be longer than nothing", problems),
        Err(reason) => wrong(tree, what, &reason, problems),
    }
}

/// One of a fixed set of words.
pub(super) fn word<W: Word>(tree: &Tree, what: &str, problems: &Problems) -> Option<W> {
    let known: Vec<&str> = W::ALL.iter().map(|word| word.word()).collect();
    let Node::Text(text) = &tree.node else {
        let message = format!("must be one of {}, not {}", known.join(", "), tree.node.kind());
        return wrong(tree, what, &message, problems);
    };
    let found = W::ALL.iter().copied().find(|word| word.word() == text);
    found
        .or_else(|| wrong(tree, what, &format!("`{text}` is not known ({})", remedy(text, &known)), problems))
}

/// A list of words, each once; an empty one is refused.
pub(super) fn words<W: Word + PartialEq>(tree: &Tree, what: &str, problems: &Problems) -> Option<Vec<W>> {
    let items = list(tree, what, problems)?;
    let mut found = Vec::new();
    for item in items {
        let Some(word) = word::<W>(item, W::WHAT, problems) else { continue };
        if found.contains(&word) {
            problems.report(item.at, format!("{what} names `{}` twice (remove one)", word.word()));
        }
        found.push(word);
    }
    Some(found)
}

/// A list of at least one item.
pub(super) fn list<'t>(tree: &'t Tree, what: &str, problems: &Problems) -> Option<&'t [Tree]> {
    match &tree.node {
        Node::List(items) if !items.is_empty() => Some(items),
        Node::List(_) => wrong(tree, what, "must not be empty", problems),
        other => wrong(
            tree,
            what,
            &format!("must be a list, not {} (begin each item with `- `)", other.kind()),
            problems,
        ),
    }
}

fn wrong<T>(tree: &Tree, what: &str, message: &str, problems: &Problems) -> Option<T> {
    problems.report(tree.at, format!("{what} {message}"));
    None
}
