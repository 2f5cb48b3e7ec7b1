//! The Helm chart: the same objects, rendered once for each choice that changes their shape, with the values as
//! expressions in them. Nothing of a virtual cluster is written down here.

mod expression;
mod merge;
mod symbols;
mod text;

use serde_json::{Value, json};

use super::{Values, objects::objects};

/// The name of the chart.
pub const NAME: &str = "tenantbench-virtual-cluster";

/// A chart that could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChartError {
    /// The values cannot be written as YAML.
    #[error("cannot write the chart's values: {0}; please report this")]
    Yaml(#[from] serde_saphyr::ser::Error),
    /// The values cannot be written as JSON.
    #[error("cannot write the chart's values: {0}; please report this")]
    Json(#[from] serde_json::Error),
}

/// The files of the chart, by their place in its folder.
///
/// # Errors
/// [`ChartError`], which is a bug.
pub fn files() -> Result<Vec<(&'static str, String)>, ChartError> {
    Ok(vec![
        ("Chart.yaml", serde_saphyr::to_string(&about())?),
        ("values.yaml", serde_saphyr::to_string(&Values::default())?),
        ("values.schema.json", serde_json::to_string_pretty(&schemars::schema_for!(Values))?),
        ("templates/virtual-cluster.yaml", template()?),
        ("templates/NOTES.txt", NOTES.to_owned()),
    ])
}

const NOTES: &str = "\
{{ .Release.Name }} comes up. As soon as its pod is Ready:

  tenantbench tenant connect {{ .Release.Name }} -n {{ .Release.Namespace }} -- kubectl get namespaces
";

fn about() -> Value {
    json!({
        "apiVersion": "v2",
        "name": NAME,
        "description": "A virtual cluster: an API server of one's own in one namespace of a host cluster",
        "type": "application",
        "version": env!("CARGO_PKG_VERSION"),
        "appVersion": env!("CARGO_PKG_VERSION"),
    })
}

/// The one template: all objects, as YAML with expressions.
fn template() -> Result<String, ChartError> {
    let mut variants = Vec::new();
    for choice in symbols::Choice::all() {
        let (names, values) = symbols::of(choice)?;
        variants.push((choice, Some(Value::Array(objects(&names, &values)))));
    }
    Ok(merge::merge(&variants).map(|node| text::documents(&node)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_reaches_the_template() {
        let template = template().unwrap();
        let Value::Object(values) = serde_json::to_value(Values::default()).unwrap() else { panic!() };
        for name in values.keys() {
            assert!(template.contains(&format!(".Values.{name}")), "{name}");
        }
        assert!(!template.contains('⟦'), "a symbol was left");
    }

    #[test]
    fn what_depends_on_a_value_stands_under_its_condition() {
        let template = template().unwrap();
        let (_, after) = template.split_once("{{- if .Values.storage.size }}").unwrap();
        assert!(after.contains("volumeClaimTemplates"), "{template}");
        assert_eq!(template.matches("kind: \"StatefulSet\"").count(), 1, "one StatefulSet for all choices");
    }
}
