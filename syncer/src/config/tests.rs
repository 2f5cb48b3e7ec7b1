use std::path::Path;

use serde_json::{Value, json};

use super::*;

/// The example that is shipped.
const EXAMPLE: &str = include_str!("../../schema/syncer-config-example.yaml");

fn decoded(text: &str) -> Result<Settings, String> {
    decode(Path::new("f.yaml"), text).map_err(|error| error.to_string())
}

fn effective(flags: &Settings, file: &str) -> Effective {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.yaml");
    std::fs::write(&path, file).expect("is written");
    Effective::new(flags, Some(&path)).expect("is effective")
}

#[test]
fn yaml_and_json_say_the_same() {
    let value: Value = serde_saphyr::from_str(EXAMPLE).expect("YAML");
    let settings = decoded(EXAMPLE).expect("settings");
    assert_eq!(decoded(&value.to_string()), Ok(settings.clone()));
    assert_eq!(settings.name.as_deref(), Some("team-a"));
    assert_eq!(settings.custom.map(|kinds| kinds.len()), Some(2));
    assert_eq!(decoded("# nothing\n"), Ok(Settings::default()));
}

#[test]
fn a_mistake_in_a_file_is_named_with_line_column_and_remedy() {
    let cases = [
        ("name: vc\nservise: x\n", "f.yaml:2:1: unknown field `servise`; did you mean `service`?"),
        ("nonsense-field: x\n", "f.yaml:1:1: unknown field `nonsense-field`; known: "),
        ("endpoints: of\n", "f.yaml:1:12: unknown value `of`; did you mean `off`?"),
        (
            "custom:\n  - group: a\n    kind: B\n    rule: []\n",
            "f.yaml:4:5: unknown field `rule`; did you mean `rules`?",
        ),
        (
            "custom:\n  - group: a\n    kind: B\n    rules:\n      - path: spec..x\n        is: dropped\n",
            "f.yaml:5:15: path \"spec..x\", character 6: a field's name is missing",
        ),
        (
            "custom:\n  - group: a\n    kind: B\n    rules:\n      - path: spec.x\n        is: nane\n",
            "f.yaml:6:13: unknown value `nane`; did you mean `name`?",
        ),
        ("name: Team A\n", "f.yaml:1:7: \"Team A\" is no DNS label"),
        ("owner: vc\n", "f.yaml:1:8: owner \"vc\" is not KIND/NAME"),
        ("kubelet-port: 70000\n", "f.yaml:1:15: "),
        ("name: [a\n", "f.yaml:"),
        ("- a\n", "f.yaml:1:1: "),
    ];
    for (text, expected) in cases {
        let error = decoded(text).expect_err(text);
        assert!(error.starts_with(expected), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn flags_win_over_the_file_and_the_file_over_defaults() {
    let flags = Settings { name: Some("flag".to_owned()), ..Settings::default() };
    let effective = effective(&flags, "name: file\nservice: file\nkubelet-port: 1\n");
    let settings = &effective.settings;
    assert_eq!((settings.name.as_deref(), settings.service.as_deref()), (Some("flag"), Some("file")));
    assert_eq!(settings.kubelet_port, Some(1));
    let lines = effective.print().expect("text");
    for line in [
        "name: flag # flag or environment",
        "service: file # file",
        "kubelet-port: 1 # file",
        "listen: 0.0.0.0:8081 # default",
    ] {
        assert!(lines.lines().any(|other| other == line), "{line}\n{lines}");
    }
}

#[test]
fn what_is_printed_is_a_config_file_that_says_the_same() {
    let printed = effective(&Settings::default(), EXAMPLE);
    let text = printed.print().expect("text");
    assert_eq!(decoded(&text), Ok(printed.settings), "{text}");
}

#[test]
fn the_committed_schema_is_the_generated_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/syncer-config-v1.json");
    let generated = schema().expect("a schema");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, &generated).expect("is written");
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == generated,
        "{path} is out of date: run the tests once with UPDATE_SCHEMA=1 and commit it"
    );
}

/// Schema and reader are two accounts of one language: each change must find them of one mind.
#[test]
fn schema_and_reader_agree() {
    let schema: Value = serde_json::from_str(&schema().expect("a schema")).expect("JSON");
    for (from, to, is_good) in [
        ("", "", true),
        ("name: team-a", "nane: team-a", false),
        ("syncer-config/v1", "syncer-config/v2", false),
        ("endpoints: auto", "endpoints: on", false),
        ("kubelet-port: 10250", "kubelet-port: many", false),
        ("kubelet-port: 10250", "kubelet-port: 70000", false),
        ("is: name", "is: nam", false),
        ("is: name", "iss: name", false),
        ("    kind: Certificate\n", "", false),
        ("    version: v1\n", "", true),
        ("    version: v1\n", "    version: [v1]\n", false),
    ] {
        let text = EXAMPLE.replacen(from, to, 1);
        assert!(from.is_empty() || text != EXAMPLE, "{from} is not in the example");
        let document: Value = serde_saphyr::from_str(&text).expect("YAML");
        assert_eq!(jsonschema::is_valid(&schema, &document), is_good, "schema: {from} -> {to}");
        assert_eq!(decoded(&text).is_ok(), is_good, "reader: {from} -> {to}");
    }
}

#[test]
fn the_rules_of_the_example_can_be_followed() {
    let kinds = decoded(EXAMPLE).expect("settings").custom.unwrap_or_default();
    let made = ready(&kinds, |target| target.copied_when_named().is_some()).expect("rules");
    assert_eq!(made.len(), 2);
    assert_eq!(json!(kinds)[0]["group"], "cert-manager.io");
}
