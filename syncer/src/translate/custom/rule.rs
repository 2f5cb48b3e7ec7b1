//! Rules made ready: read, checked against each other, and bound to kinds that are synced.

use serde_json::Value;

use super::{
    draft::{Draft, Is},
    path::{Path, PathError},
};
use crate::{kinds::Kind, names::marks};

/// A rule that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// The path cannot be read.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The path is not open to rules.
    #[error("path {0:?}: {1}")]
    Place(String, &'static str),
    /// A rule for the way down under `status`.
    #[error(
        "path {0:?}: a status comes up from the host, where only name, reference, namespace and dropped have a meaning"
    )]
    Status(String),
    /// The kind that is named is not there or not wanted.
    #[error("path {path:?}: {reason}")]
    Of {
        /// The path.
        path: String,
        /// What is wrong with `of`.
        reason: String,
    },
    /// `value` is missing or not wanted.
    #[error("path {0:?}: {1}")]
    Value(String, &'static str),
    /// Two rules for one value.
    #[error("paths {0:?} and {1:?} can meet in one value, which would be changed twice; keep one of them")]
    Overlap(String, String),
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Name(Kind),
    Reference(Kind),
    Selector,
    Labels,
    Namespace,
    Fixed(Value),
    Dropped,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) path: Path,
    pub(super) meaning: Meaning,
}

/// The rules of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// In the order of the file.
    pub(super) down: Vec<Rule>,
    pub(super) status: Vec<Rule>,
}

impl Rules {
    /// Makes rules ready. `synced` finds a kind of namespaced objects that go to the host, by `KIND` or `GROUP/KIND`.
    ///
    /// # Errors
    /// Every rule that cannot be followed, by its place in the list.
    pub fn compile(
        drafts: &[Draft],
        synced: impl Fn(&str) -> Option<Kind>,
    ) -> Result<Self, Vec<(usize, RuleError)>> {
        let mut rules = Self::default();
        let mut errors = Vec::new();
        for (index, draft) in drafts.iter().enumerate() {
            match rule(draft, &synced).and_then(|rule| rules.add(rule)) {
                Ok(()) => {}
                Err(error) => errors.push((index, error)),
            }
        }
        if errors.is_empty() { Ok(rules) } else { Err(errors) }
    }

    fn add(&mut self, rule: Rule) -> Result<(), RuleError> {
        let rules = if is_status(&rule.path) { &mut self.status } else { &mut self.down };
        if let Some(earlier) = rules.iter().find(|earlier| earlier.path.overlaps(&rule.path)) {
            return Err(RuleError::Overlap(earlier.path.to_string(), rule.path.to_string()));
        }
        rules.push(rule);
        Ok(())
    }
}

fn rule(draft: &Draft, synced: &impl Fn(&str) -> Option<Kind>) -> Result<Rule, RuleError> {
    let path: Path = draft.path.parse()?;
    if let Some(reason) = closed(&path) {
        return Err(RuleError::Place(draft.path.clone(), reason));
    }
    let of_status = matches!(draft.is, Is::Name | Is::Reference | Is::Namespace | Is::Dropped);
    if is_status(&path) && !of_status {
        return Err(RuleError::Status(draft.path.clone()));
    }
    match (draft.is, &draft.value) {
        (Is::Fixed, None) => {
            return Err(RuleError::Value(draft.path.clone(), "`fixed` needs a `value`; add it"));
        }
        (is, Some(_)) if is != Is::Fixed => {
            return Err(RuleError::Value(draft.path.clone(), "only `fixed` has a `value`; remove it"));
        }
        _ => {}
    }
    Ok(Rule { path, meaning: meaning(draft, synced)? })
}

fn meaning(draft: &Draft, synced: &impl Fn(&str) -> Option<Kind>) -> Result<Meaning, RuleError> {
    let wrong = |reason: String| RuleError::Of { path: draft.path.clone(), reason };
    let kind = || match &draft.of {
        None => Err(wrong("`name` and `reference` need `of`, the kind that is named; add it".to_owned())),
        Some(of) => synced(of).ok_or_else(|| {
            wrong(format!(
                "{of:?} is no namespaced kind that is synced to the host; sync it too, or drop the field"
            ))
        }),
    };
    Ok(match draft.is {
        Is::Name => Meaning::Name(kind()?),
        Is::Reference => Meaning::Reference(kind()?),
        _ if draft.of.is_some() => {
            return Err(wrong("only `name` and `reference` have an `of`; remove it".to_owned()));
        }
        Is::Selector => Meaning::Selector,
        Is::Labels => Meaning::Labels,
        Is::Namespace => Meaning::Namespace,
        Is::Fixed => Meaning::Fixed(draft.value.clone().unwrap_or_default()),
        Is::Dropped => Meaning::Dropped,
    })
}

/// Why no rule may change what is at this path; none where one may.
fn closed(path: &Path) -> Option<&'static str> {
    let fields: Vec<&str> = path.fields().collect();
    match fields.as_slice() {
        [] => Some("a rule is for a field of the object; begin with its name, such as spec"),
        ["apiVersion" | "kind", ..] => Some("what the object is stays as it is; remove the rule"),
        ["metadata", "labels" | "annotations", key] if path.steps().len() == 3 => {
            marks::is_ours(key).then_some("this key is the syncer's own; remove the rule")
        }
        ["metadata", ..] => {
            Some("of the metadata, rules are for one label or annotation: metadata.annotations[\"a.b/c\"]")
        }
        _ => None,
    }
}

fn is_status(path: &Path) -> bool {
    path.fields().next() == Some("status")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn compile(drafts: Value) -> Result<Rules, Vec<(usize, RuleError)>> {
        let drafts: Vec<Draft> = serde_json::from_value(drafts).expect("drafts");
        Rules::compile(&drafts, |of| (of == "Secret").then_some(Kind::Secret))
    }

    #[test]
    fn rules_under_status_are_for_the_way_up() {
        let rules = compile(json!([
            {"path": "spec.secretName", "is": "name", "of": "Secret"},
            {"path": "status.secretName", "is": "name", "of": "Secret"},
            {"path": "metadata.annotations[\"a.b/secret\"]", "is": "name", "of": "Secret"},
            {"path": "spec.tier", "is": "fixed", "value": "t"},
        ]))
        .expect("rules");
        assert_eq!((rules.down.len(), rules.status.len()), (3, 1));
    }

    #[test]
    fn what_cannot_be_followed_is_named_with_its_path() {
        let cases = [
            (json!({"path": "spec..a", "is": "dropped"}), "\"spec..a\", character 6"),
            (json!({"path": "[*].a", "is": "dropped"}), "begin with its name"),
            (json!({"path": "kind", "is": "dropped"}), "stays as it is"),
            (json!({"path": "metadata.finalizers", "is": "dropped"}), "one label or annotation"),
            (json!({"path": "metadata.name", "is": "fixed", "value": "x"}), "one label or annotation"),
            (json!({"path": "metadata.labels.*", "is": "dropped"}), "one label or annotation"),
            (json!({"path": "metadata.*.x", "is": "dropped"}), "one label or annotation"),
            (
                json!({"path": "metadata.labels[\"tenantbench.dev/vcluster\"]", "is": "fixed", "value": "x"}),
                "the syncer's own",
            ),
            (json!({"path": "status.x", "is": "fixed", "value": 1}), "a status comes up"),
            (json!({"path": "spec.x", "is": "name"}), "need `of`"),
            (json!({"path": "spec.x", "is": "name", "of": "Gadget"}), "\"Gadget\" is no namespaced kind"),
            (json!({"path": "spec.x", "is": "selector", "of": "Secret"}), "remove it"),
            (json!({"path": "spec.x", "is": "fixed"}), "needs a `value`"),
            (json!({"path": "spec.x", "is": "dropped", "value": 1}), "only `fixed` has a `value`"),
        ];
        for (draft, words) in cases {
            let errors = compile(json!([draft])).expect_err("a mistake");
            assert_eq!(errors.len(), 1);
            assert!(errors[0].1.to_string().contains(words), "{draft}: {}", errors[0].1);
        }
    }

    #[test]
    fn a_value_has_one_rule_and_every_mistake_is_told() {
        let errors = compile(json!([
            {"path": "spec.refs.*", "is": "name", "of": "Secret"},
            {"path": "spec.refs.main", "is": "namespace"},
            {"path": "spec[0]", "is": "namespace"},
        ]))
        .expect_err("mistakes");
        let places: Vec<usize> = errors.iter().map(|(index, _)| *index).collect();
        assert_eq!(places, [1, 2]);
        let text = errors[0].1.to_string();
        assert!(text.contains("\"spec.refs.*\" and \"spec.refs.main\""), "{text}");
    }
}
