//! The published JSON Schema of reports.

/// The JSON Schema of [`Report`](crate::Report), as indented JSON with a newline at its end.
///
/// # Errors
/// Never in practice: a generated schema is always JSON.
pub fn report_schema() -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&schemars::schema_for!(crate::Report)).map(|text| text + "\n")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{Report, fixture, fold};

    pub(crate) fn assert_valid(report: &Report) {
        let schema = serde_json::from_str(&report_schema().unwrap()).unwrap();
        let document = serde_json::from_str(&report.to_json().unwrap()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let problems: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{problems:#?}");
    }

    #[test]
    fn the_committed_schema_is_the_generated_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/report-v1.json");
        let generated = report_schema().unwrap();
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            fs_err::write(path, &generated).unwrap();
        }
        let committed = fs_err::read_to_string(path).unwrap_or_default();
        assert!(
            committed == generated,
            "{path} is out of date: run the tests once with UPDATE_SCHEMA=1 and commit it"
        );
    }

    #[test]
    fn the_report_of_a_whole_run_is_valid() {
        assert_valid(&fold::fold(&fixture::whole_run()).unwrap());
    }

    #[test]
    fn another_version_is_not_valid() {
        let mut report = fold::fold(&fixture::whole_run()).unwrap();
        report.schema = "tenantbench.dev/report/v2".to_owned();
        let schema = serde_json::from_str(&report_schema().unwrap()).unwrap();
        assert!(!jsonschema::is_valid(&schema, &serde_json::to_value(&report).unwrap()));
    }
}
