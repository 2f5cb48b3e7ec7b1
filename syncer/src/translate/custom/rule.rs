//! Rules made ready: read, checked against each other, and bound to kinds that are synced.

use serde_json::Value;

use super::{
    draft::{Draft, Is},
    path::Path,
    target::Target,
};
use crate::names::marks;

/// A rule that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// The path is not open to rules.
    #[error("path {0}: {1}")]
    Place(Path, &'static str),
    /// A rule for the way down under `status`.
    #[error(
        "path {0}: a status comes up from the host, where only name, reference, namespace and dropped have a meaning"
    )]
    Status(Path),
    /// The kind that is named is not there or not wanted.
    #[error("path {0}: {1}")]
    Of(Path, &'static str),
    /// The kind that is named does not go to the host.
    #[error(
        "path {0}: {1} is no kind of namespaced objects that is synced to the host; sync it too, or drop the field"
    )]
    NotSynced(Path, Target),
    /// `value` is missing or not wanted.
    #[error("path {0}: {1}")]
    Value(Path, &'static str),
    /// Two rules for one value.
    #[error("paths {0} and {1} can meet in one value, which would be changed twice; keep one of them")]
    Overlap(Path, Path),
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Name(Target),
    Reference(Target),
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
    /// Makes rules ready. `synced`: whether a kind is one of namespaced objects that go to the host.
    ///
    /// # Errors
    /// The first rule that cannot be followed, with its place in the list from 0.
    pub fn compile(drafts: &[Draft], synced: impl Fn(&Target) -> bool) -> Result<Self, (usize, RuleError)> {
        let mut rules = Self::default();
        for (index, draft) in drafts.iter().enumerate() {
            rule(draft, &synced).and_then(|rule| rules.add(rule)).map_err(|error| (index, error))?;
        }
        Ok(rules)
    }

    fn add(&mut self, rule: Rule) -> Result<(), RuleError> {
        let rules = if is_status(&rule.path) { &mut self.status } else { &mut self.down };
        if let Some(earlier) = rules.iter().find(|earlier| earlier.path.overlaps(&rule.path)) {
            return Err(RuleError::Overlap(earlier.path.clone(), rule.path));
        }
        rules.push(rule);
        Ok(())
    }
}

fn rule(draft: &Draft, synced: &impl Fn(&Target) -> bool) -> Result<Rule, RuleError> {
    let path = draft.path.clone();
    if let Some(reason) = closed(&path) {
        return Err(RuleError::Place(path, reason));
    }
    let of_status = matches!(draft.is, Is::Name | Is::Reference | Is::Namespace | Is::Dropped);
    if is_status(&path) && !of_status {
        return Err(RuleError::Status(path));
    }
    let about_value = match (draft.is, &draft.value) {
        (Is::Fixed, None) => Some("`fixed` needs a `value`; add it"),
        (Is::Fixed, Some(_)) | (_, None) => None,
        (_, Some(_)) => Some("only `fixed` has a `value`; remove it"),
    };
    if let Some(reason) = about_value {
        return Err(RuleError::Value(path, reason));
    }
    Ok(Rule { path, meaning: meaning(draft, synced)? })
}

fn meaning(draft: &Draft, synced: &impl Fn(&Target) -> bool) -> Result<Meaning, RuleError> {
    let wrong = |reason| RuleError::Of(draft.path.clone(), reason);
    let target = || match &draft.of {
        None => Err(wrong("`name` and `reference` need `of`, the kind that is named; add it")),
        Some(of) if !synced(of) => Err(RuleError::NotSynced(draft.path.clone(), of.clone())),
        Some(of) => Ok(of.clone()),
    };
    Ok(match draft.is {
        Is::Name => Meaning::Name(target()?),
        Is::Reference => Meaning::Reference(target()?),
        _ if draft.of.is_some() => return Err(wrong("only `name` and `reference` have an `of`; remove it")),
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

    fn compile(drafts: Value) -> Result<Rules, (usize, RuleError)> {
        let drafts: Vec<Draft> = serde_json::from_value(drafts).expect("drafts");
        Rules::compile(&drafts, |of| of.is("", "Secret"))
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
            (
                json!({"path": "spec.x", "is": "name", "of": "Gadget"}),
                "Gadget is no kind of namespaced objects",
            ),
            (json!({"path": "spec.x", "is": "selector", "of": "Secret"}), "remove it"),
            (json!({"path": "spec.x", "is": "fixed"}), "needs a `value`"),
            (json!({"path": "spec.x", "is": "dropped", "value": 1}), "only `fixed` has a `value`"),
        ];
        for (draft, words) in cases {
            let (_, error) = compile(json!([draft])).expect_err("a mistake");
            assert!(error.to_string().contains(words), "{draft}: {error}");
        }
    }

    #[test]
    fn a_value_has_one_rule() {
        let (place, error) = compile(json!([
            {"path": "spec.refs.*", "is": "name", "of": "Secret"},
            {"path": "spec.refs.main", "is": "namespace"},
        ]))
        .expect_err("a mistake");
        assert_eq!(place, 1);
        assert!(error.to_string().contains("spec.refs.* and spec.refs.main"), "{error}");
    }
}
