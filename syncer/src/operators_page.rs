//! `docs/syncer.md` says what the code does: tests that it names every flag, kind, metric and exit code.

use clap::{CommandFactory, Parser};

use crate::{
    cli::{self, EXIT_CODES, SyncerArgs},
    metrics,
};

const PAGE: &str = include_str!("../../docs/syncer.md");

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    _args: SyncerArgs,
}

#[test]
fn every_flag_is_on_the_page() {
    let command = Cli::command();
    let flags = command.get_arguments().filter_map(clap::Arg::get_long).filter(|flag| *flag != "help");
    let missing: Vec<&str> = flags.filter(|flag| !PAGE.contains(&format!("`--{flag}`"))).collect();
    assert!(missing.is_empty(), "the table of flags in docs/syncer.md lacks {missing:?}");
}

#[test]
fn the_table_of_kinds_is_what_the_program_prints() {
    const BEGIN: &str = "<!-- begin: tenantbench-syncer kinds --output markdown -->\n";
    let (before, rest) = PAGE.split_once(BEGIN).expect("the table begins");
    let (table, after) = rest.split_once("<!-- end -->").expect("the table ends");
    let wanted = format!("{}\n", cli::kinds::markdown());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/syncer.md");
        fs_err::write(path, format!("{before}{BEGIN}{wanted}<!-- end -->{after}")).expect("can be written");
        return;
    }
    assert_eq!(
        table, wanted,
        "docs/syncer.md is out of date: run the tests once with UPDATE_SCHEMA=1 and commit it"
    );
}

#[test]
fn every_metric_is_on_the_page_and_no_other() {
    let names = metrics::tests::names();
    let missing: Vec<&String> = names.iter().filter(|name| !PAGE.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/syncer.md lacks {missing:?}");
    let words = PAGE.split('`').filter(|word| word.starts_with("tenantbench_syncer_"));
    let stale: Vec<&str> = words.filter(|word| !names.iter().any(|name| name == word)).collect();
    assert!(stale.is_empty(), "docs/syncer.md names {stale:?}, which there are not");
}

#[test]
fn the_exit_codes_are_on_the_page() {
    for line in EXIT_CODES.lines().skip(1) {
        assert!(PAGE.contains(line.trim()), "docs/syncer.md lacks {line:?}");
    }
}
