//! One line of a watch, read once: to look for the end of the object first, and then read it, takes a line twice.

use std::borrow::Cow;

use kube::core::Status;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::feed::Change;
use crate::object::Object;

/// What a line says.
#[derive(Debug)]
pub(super) enum Line {
    /// Something has changed.
    Change(Change),
    /// Nothing has changed up to this version.
    Mark(u64),
    /// The API server cannot go on.
    Trouble(Box<Status>),
}

/// The same in whatever order its fields come.
#[derive(Deserialize)]
struct Told<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    object: &'a RawValue,
}

impl Line {
    /// Reads a line.
    ///
    /// # Errors
    /// Text that is no change, mark or status, or that ends too soon.
    pub(super) fn read(text: &[u8]) -> Result<Self, serde_json::Error> {
        let text = std::str::from_utf8(text).map_err(serde::de::Error::custom)?.trim_end();
        if let Some((kind, object)) = parts(text) {
            return Self::of(kind, object);
        }
        match serde_json::from_str::<Told<'_>>(text) {
            Ok(told) => Self::of(&told.kind, told.object.get()),
            // An answer that is nothing but an error.
            Err(error) => match serde_json::from_str(text) {
                Ok(status) => Ok(Self::Trouble(Box::new(status))),
                Err(_) => Err(error),
            },
        }
    }

    fn of(kind: &str, object: &str) -> Result<Self, serde_json::Error> {
        let read = || Object::from_text(object);
        match kind {
            "ADDED" | "MODIFIED" => Ok(Self::Change(Change::Apply(read()?))),
            "DELETED" => Ok(Self::Change(Change::Delete(read()?))),
            "BOOKMARK" => Ok(Self::Mark(read()?.version())),
            "ERROR" => Ok(Self::Trouble(serde_json::from_str(object)?)),
            other => Err(serde::de::Error::custom(format_args!("a watch says {other}"))),
        }
    }
}

/// Type and object of a line in the order in which API servers write them. What is no JSON is for whoever reads the object.
fn parts(text: &str) -> Option<(&str, &str)> {
    let (kind, rest) = text.strip_prefix(r#"{"type":""#)?.split_once('"')?;
    Some((kind, rest.strip_prefix(r#","object":"#)?.strip_suffix('}')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a line says, in words.
    fn said(text: &str) -> String {
        match Line::read(text.as_bytes()) {
            Ok(Line::Change(Change::Apply(object))) => format!("apply {}", object.version()),
            Ok(Line::Change(Change::Delete(object))) => format!("delete {}", object.version()),
            Ok(Line::Mark(version)) => format!("mark {version}"),
            Ok(Line::Trouble(status)) => format!("trouble {}", status.code),
            Err(error) if error.is_eof() => "cut off".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_line_says_the_same_in_whatever_order_its_fields_come() {
        const OBJECT: &str = r#"{"kind":"Pod","metadata":{"name":"o","resourceVersion":"7"}}"#;
        const STATUS: &str = r#"{"kind":"Status","status":"Failure","code":410}"#;
        for (kind, object, expected) in [
            ("ADDED", OBJECT, "apply 7"),
            ("MODIFIED", OBJECT, "apply 7"),
            ("DELETED", OBJECT, "delete 7"),
            ("BOOKMARK", OBJECT, "mark 7"),
            ("ERROR", STATUS, "trouble 410"),
        ] {
            for line in [
                format!(r#"{{"type":"{kind}","object":{object}}}"#),
                format!("{{\"type\":\"{kind}\",\"object\":{object}}}\n"),
                format!(r#"{{"object":{object},"type":"{kind}"}}"#),
                format!(r#"{{ "type": "{kind}", "object": {object} }}"#),
            ] {
                assert_eq!(said(&line), expected, "{line}");
            }
        }
        assert_eq!(said(STATUS), "trouble 410");
    }

    #[test]
    fn what_is_no_line_of_a_watch_is_refused() {
        const NONE: &str = r#"{"type":"ADDED","object":{"metadata":{}"#;
        for cut in 1..NONE.len() {
            assert_eq!(said(&NONE[..cut]), "cut off", "{}", &NONE[..cut]);
        }
        assert_eq!(said(r#"{"type":"OTHER","object":{}}"#), "a watch says OTHER");
        assert!(said(r#"{"type":"ADDED","object":{"metadata":{}}}}"#).starts_with("trailing characters"));
        assert!(said("<html>").starts_with("expected value"));
    }
}
