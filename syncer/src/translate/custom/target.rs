//! The kinds that rules name.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kinds::Kind;

/// A kind whose objects are named: `KIND` of the core group, or `GROUP/KIND`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Target {
    group: Box<str>,
    kind: Box<str>,
}

/// A text that names no kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no kind; write Secret, or a group and a kind as in example.com/Widget")]
pub struct NoTarget(String);

impl Target {
    /// Whether this is the kind `name` of `group`.
    pub fn is(&self, group: &str, name: &str) -> bool {
        (&*self.group, &*self.kind) == (group, name)
    }

    /// The kind, if its objects go to the host only while something names them.
    pub fn copied_when_named(&self) -> Option<Kind> {
        [Kind::Secret, Kind::ConfigMap].into_iter().find(|kind| self.is(kind.api().group, kind.name()))
    }
}

impl TryFrom<String> for Target {
    type Error = NoTarget;

    fn try_from(text: String) -> Result<Self, NoTarget> {
        let (group, kind) = text.rsplit_once('/').unwrap_or(("", &text));
        let is_kind = kind.starts_with(|c: char| c.is_ascii_uppercase())
            && kind.chars().all(|c| c.is_ascii_alphanumeric());
        let is_group = group.is_empty() != text.contains('/') && !group.contains('/');
        if is_kind && is_group {
            Ok(Self { group: group.into(), kind: kind.into() })
        } else {
            Err(NoTarget(text))
        }
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if self.group.is_empty() { "" } else { "/" };
        write!(f, "{}{separator}{}", self.group, self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_named_with_its_group() {
        for (text, group, kind) in [("Secret", "", "Secret"), ("a.b/Widget", "a.b", "Widget")] {
            let target = Target::try_from(text.to_owned()).expect(text);
            assert!(target.is(group, kind));
            assert_eq!(target.to_string(), text);
        }
        for wrong in ["", "secret", "secrets/x", "/Secret", "a/v1/Widget", "a.b/", "Widget.a.b"] {
            assert!(Target::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn config_maps_and_secrets_go_down_when_they_are_named() {
        let copied = |text: &str| Target::try_from(text.to_owned()).expect(text).copied_when_named();
        assert_eq!(copied("Secret"), Some(Kind::Secret));
        assert_eq!(copied("ConfigMap"), Some(Kind::ConfigMap));
        assert_eq!(copied("a.b/Secret"), None);
    }
}
