use super::*;

#[path = "../../../tests/tables/pod_security.rs"]
mod table;

#[test]
fn each_pod_is_refused_for_what_the_standard_forbids_and_in_its_words() {
    for case in table::cases() {
        for level in [Level::Privileged, Level::Baseline, Level::Restricted] {
            assert_eq!(
                words(&violations(level, &case.pod)).as_deref(),
                case.refused(&level.to_string()),
                "{} at {level}",
                case.what
            );
        }
    }
}

fn words(violations: &[Violation]) -> Option<String> {
    let words: Vec<String> = violations.iter().map(Violation::to_string).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

#[test]
fn what_reaches_the_node_is_told_apart_from_what_is_only_privileged() {
    let reaching: Vec<String> = table::cases()
        .into_iter()
        .filter(|case| !node_access(&case.pod).is_empty())
        .map(|case| case.what)
        .collect();
    let expected = [
        "host namespaces",
        "a host port",
        "two host ports",
        "a host path",
        "volumes of restricted types",
        "a process of a Windows host",
    ];
    assert_eq!(reaching, expected);
}
