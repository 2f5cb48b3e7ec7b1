//! Custom resources that are synced.

use std::{fmt, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ConfigError;
use crate::{
    kinds::{Api, TABLE},
    translate::custom::{Draft, Rules, Target},
};

/// A kind of custom resources that goes to the host, where its definition must be too; its status comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomKind {
    /// Its API group.
    pub group: String,
    /// Its kind, as `Certificate`.
    pub kind: String,
    /// Its version [default: the tenant's preferred one of those that both sides serve].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What stands at which path. What no rule names is carried as it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Draft>,
}

/// A kind whose rules are ready.
#[derive(Clone, Debug)]
pub struct ReadyKind {
    /// Its API group.
    pub group: String,
    /// Its kind.
    pub kind: String,
    /// Its version; none for one that both sides serve.
    pub version: Option<String>,
    /// Its rules.
    pub rules: Arc<Rules>,
}

impl fmt::Display for CustomKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.group, self.kind)
    }
}

/// Reads one kind, YAML or JSON, from a flag.
pub(super) fn parse(text: &str) -> Result<CustomKind, String> {
    serde_saphyr::from_str(text).map_err(|error| error.to_string())
}

/// Makes the rules of all kinds ready. `synced`: whether some other kind of namespaced objects goes to the host.
///
/// # Errors
/// The first rule that cannot be followed, or a kind that is listed twice or built in.
pub fn ready(kinds: &[CustomKind], synced: impl Fn(&Target) -> bool) -> Result<Vec<ReadyKind>, ConfigError> {
    let mut made: Vec<ReadyKind> = Vec::new();
    for kind in kinds {
        if is_built_in(kind) {
            return Err(ConfigError::BuiltIn(kind.to_string()));
        }
        if made.iter().any(|other| (&other.group, &other.kind) == (&kind.group, &kind.kind)) {
            return Err(ConfigError::Twice(kind.to_string()));
        }
        let goes_down =
            |target: &Target| synced(target) || kinds.iter().any(|kind| target.is(&kind.group, &kind.kind));
        let rules = Rules::compile(&kind.rules, goes_down).map_err(|(index, error)| ConfigError::Rule {
            kind: kind.to_string(),
            rule: index + 1,
            error,
        })?;
        made.push(ReadyKind {
            group: kind.group.clone(),
            kind: kind.kind.clone(),
            version: kind.version.clone(),
            rules: Arc::new(rules),
        });
    }
    Ok(made)
}

/// Groups of definitions are domains. Some built-in ones are too.
fn is_built_in(kind: &CustomKind) -> bool {
    let is_it = |api: Api| (api.group, api.name) == (kind.group.as_str(), kind.kind.as_str());
    !kind.group.contains('.') || TABLE.iter().any(|row| is_it(row.kind.api()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(kinds: serde_json::Value) -> Result<usize, String> {
        let kinds: Vec<CustomKind> = serde_json::from_value(kinds).expect("kinds");
        let all = ready(&kinds, |target| target.is("", "Secret")).map_err(|error| error.to_string())?;
        Ok(all.len())
    }

    #[test]
    fn rules_may_name_any_kind_of_the_list() {
        let rules = json!([{"path": "spec.a", "is": "name", "of": "a.b/Gadget"}]);
        let kinds =
            json!([{"group": "a.b", "kind": "Widget", "rules": rules}, {"group": "a.b", "kind": "Gadget"}]);
        assert_eq!(told(kinds), Ok(2));
    }

    #[test]
    fn a_mistake_is_named_with_its_kind_and_place() {
        let kind = |rules| json!({"group": "a.b", "kind": "Widget", "rules": rules});
        let good = json!({"path": "spec.a", "is": "name", "of": "Secret"});
        let wrong = json!({"path": "spec.b", "is": "name", "of": "Pod"});
        let error = told(json!([kind(json!([good, wrong]))])).expect_err("a mistake");
        assert!(error.starts_with("custom kind a.b/Widget, rule 2: path spec.b: Pod is no kind"), "{error}");
        for (group, built_in) in [("apps", "Deployment"), ("networking.k8s.io", "Ingress"), ("", "Pod")] {
            let error = told(json!([{"group": group, "kind": built_in}])).expect_err("a mistake");
            assert!(error.contains("is no custom kind but a built-in one"), "{error}");
        }
        let error = told(json!([kind(json!([])), kind(json!([]))])).expect_err("a mistake");
        assert!(error.starts_with("custom kind a.b/Widget is listed twice"), "{error}");
    }
}
