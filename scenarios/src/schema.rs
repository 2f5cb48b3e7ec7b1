//! The published JSON Schema of scenario files, for editors.

/// The JSON Schema of [`Scenario`](crate::Scenario), as indented JSON with a newline at its end.
///
/// # Errors
/// Never in practice: a generated schema is always JSON.
pub fn scenario_schema() -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&schemars::schema_for!(crate::Scenario)).map(|text| text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CATALOGUE, Scenario};

    fn accepts(text: &str) -> bool {
        let schema = serde_json::from_str(&scenario_schema().unwrap()).unwrap();
        let document: serde_json::Value = serde_saphyr::from_str(text).unwrap();
        jsonschema::is_valid(&schema, &document)
    }

    #[test]
    fn the_committed_schema_is_the_generated_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/scenario-v1.json");
        let generated = scenario_schema().unwrap();
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(path, &generated).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == generated,
            "{path} is out of date: run the tests once with UPDATE_SCHEMA=1 and commit it"
        );
    }

    #[test]
    fn the_catalogue_is_valid() {
        for (name, text) in CATALOGUE {
            assert!(accepts(text), "{name}");
        }
    }

    /// Schema and reader are two accounts of one language: each change must find them of one mind.
    #[test]
    fn schema_and_lint_agree() {
        let good = CATALOGUE[0].1;
        for (from, to, is_good) in [
            ("rounds: 3", "rounds: 3", true),
            ("rounds: 3", "", true),
            ("timeouts:\n  step: 2m", "", true),
            ("  - do: audit", "  - do: audit\n    timeout: 30s", true),
            ("${workers}", "2", false), // the parameter then does nothing, which only the lint can see
            ("rounds: 3", "rounds: 0", false),
            ("rounds: 3", "rounds: many", false),
            ("rounds: 3", "round: 1", false),
            ("scenario/v1", "scenario/v2", false),
            ("  - do: audit", "  - do: audits", false),
            ("  - do: audit", "  - do: audit\n    workload: ray", false),
            ("    workload: ray\n    may-refuse", "    may-refuse", false),
            ("models: [namespace, ", "models: [capsule, ", false),
            ("    type: integer", "    type: int", false),
            ("    max: 100", "    maximum: 100", false),
            ("  step: 2m", "  steps: 2m", false),
        ] {
            assert!(good.contains(from), "{from}");
            let text = good.replacen(from, to, 1);
            let lint = Scenario::parse("x.yaml", &text);
            assert_eq!(lint.is_ok(), is_good, "{to}: {lint:?}");
            if is_good || to != "2" {
                assert_eq!(accepts(&text), is_good, "{to}");
            }
        }
    }
}
