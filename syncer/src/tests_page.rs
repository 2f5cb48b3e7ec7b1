//! `docs/design/syncer-tests.md` says which test holds which rule: tests that it names every kind and only tests that
//! there are.

use std::path::PathBuf;

use crate::cli::kinds;

const PAGE: &str = include_str!("../../docs/design/syncer-tests.md");

/// The cells of each line of each table.
fn lines() -> impl Iterator<Item = Vec<&'static str>> {
    let rows = PAGE.lines().filter(|line| line.starts_with("| ") && line.contains("::"));
    rows.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
}

/// The tests that a cell names, by file and function.
fn tests(cell: &str) -> Vec<(&str, &str)> {
    cell.split(", ").filter_map(|one| one.trim_matches('`').split_once("::")).collect()
}

fn source(file: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    match file.split_once('/') {
        Some(("local", rest)) => root.join("../harness/tests/real_syncer").join(rest),
        Some(("plane", rest)) => root.join("tests/real_control_plane").join(rest),
        _ => root.join("src").join(file),
    }
}

/// Whether the file has a test of that name: nothing but a space or an attribute's end stands before `fn`.
fn is_a_test(text: &str, name: &str) -> bool {
    let Some((before, _)) = text.split_once(&format!("fn {name}(")) else { return false };
    let before = before.trim_end().trim_end_matches("async").trim_end();
    before.lines().next_back().is_some_and(|line| line.contains("test"))
}

#[test]
fn every_kind_has_a_line() {
    let mut wanted = kinds::ways();
    let mut told: Vec<String> = lines().map(|cells| cells[0].to_owned()).take(wanted.len()).collect();
    wanted.sort();
    told.sort();
    assert_eq!(told, wanted, "docs/design/syncer-tests.md lists other kinds than tenantbench-syncer does");
}

#[test]
fn every_rule_has_a_test_of_each_sort_and_each_of_them_is_there() {
    let mut missing = Vec::new();
    for cells in lines() {
        let [rule, without, end_to_end] = cells[..] else { panic!("three cells: {cells:?}") };
        for (column, cell) in [("without a server", without), ("end to end", end_to_end)] {
            let named = tests(cell);
            if named.is_empty() {
                missing.push(format!("{rule}: nothing {column}"));
            }
            for (file, name) in named {
                let text = fs_err::read_to_string(source(file)).unwrap_or_default();
                if !is_a_test(&text, name) {
                    missing.push(format!("{rule}: {file} has no test {name}"));
                }
            }
        }
    }
    assert!(missing.is_empty(), "docs/design/syncer-tests.md: {missing:#?}");
}
