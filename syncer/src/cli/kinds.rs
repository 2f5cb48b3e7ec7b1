//! `kinds`: the table of what can be synced.

use clap::{Args, ValueEnum};
use serde::Serialize;
use tabled::{builder::Builder, settings::Style};

use super::{RunError, print};
use crate::kinds::{Custom, Direction, On, Reach, Row, Scope, TABLE};

/// Print the kinds that can be synced, which way, and what each needs on the host.
#[derive(Args, Clone, Debug)]
pub(super) struct KindsArgs {
    /// The form of the output.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Output {
    /// For readers.
    #[default]
    Table,
    /// For programs.
    Json,
    /// For documents.
    Markdown,
}

/// A row as it is printed.
#[derive(Debug, Serialize)]
struct Line {
    kind: &'static str,
    api_version: String,
    namespaced: bool,
    direction: Direction,
    scope: Scope,
    default: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    option: Option<&'static str>,
    translator: &'static str,
    host_rights: Vec<Right>,
}

#[derive(Debug, Serialize)]
struct Right {
    resource: String,
    verbs: &'static [&'static str],
}

impl Line {
    fn of(row: &Row) -> Self {
        let api = row.kind.api();
        Self {
            kind: api.name,
            api_version: api.api_version(),
            namespaced: api.reach == Reach::Namespaced,
            direction: row.direction,
            scope: row.scope,
            default: !matches!(row.on, On::Option(_) | On::Listed),
            option: row.option(),
            translator: row.translator,
            host_rights: row.rights().map(|(resource, verbs)| Right { resource, verbs }).collect(),
        }
    }
}

/// Prints the table.
pub(super) fn run(args: &KindsArgs) -> Result<(), RunError> {
    match args.output {
        Output::Table => print(&format!("{}\n", table())),
        Output::Markdown => print(&format!("{}\n", markdown())),
        Output::Json => {
            let lines: Vec<Line> = rows().map(|row| Line::of(&row)).collect();
            print(&format!("{:#}\n", serde_json::json!(lines)))
        }
    }
}

/// The table, and a line for all that the setting `custom` may list.
fn rows() -> impl Iterator<Item = Row> {
    TABLE.iter().copied().chain([Row::of_custom(Custom::of_plural("PLURAL", "GROUP"))])
}

const HEAD: [&str; 7] = ["KIND", "API", "WAY", "WHICH", "ON", "TRANSLATOR", "HOST RIGHTS"];

/// The cells of a row, in the order of [`HEAD`].
fn cells(row: &Row) -> [String; HEAD.len()] {
    let api = row.kind.api();
    let on = match row.on {
        On::Default => "yes".to_owned(),
        On::WhereGranted(_) => "where granted".to_owned(),
        On::Option(name) => format!("--sync {name}"),
        On::Listed => "--custom".to_owned(),
    };
    let rights: Vec<String> =
        row.rights().map(|(resource, verbs)| format!("{resource}: {}", verbs.join(","))).collect();
    [
        api.name.to_owned(),
        api.api_version(),
        way(row.direction).to_owned(),
        which(row.scope).to_owned(),
        on,
        row.translator.to_owned(),
        rights.join("; "),
    ]
}

fn table() -> String {
    let mut table = Builder::default();
    table.push_record(HEAD);
    for row in rows() {
        table.push_record(cells(&row));
    }
    let mut table = table.build();
    table.with(Style::blank());
    table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// Kind and way of each row.
#[cfg(test)]
pub(crate) fn ways() -> Vec<String> {
    rows().map(|row| format!("{}: {}", row.kind.api().name, way(row.direction))).collect()
}

/// The table in a document. Which module translates a kind is nothing for its readers.
pub(crate) fn markdown() -> String {
    const SHOWN: [usize; 6] = [0, 1, 2, 3, 4, 6];
    let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let head = line(SHOWN.map(|at| HEAD[at].to_lowercase()).to_vec());
    let rule = format!("|{}", "---|".repeat(SHOWN.len()));
    let rows = rows().map(|row| {
        let cells = cells(&row);
        line(SHOWN.map(|at| cells[at].clone()).to_vec())
    });
    [head, rule].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::Down => "down",
        Direction::DownAndStatusUp => "down, status up",
        Direction::Up => "up",
        Direction::Synthesised => "made in the tenant",
        Direction::Aside => "made on the host",
        Direction::Local => "read in the tenant",
    }
}

fn which(scope: Scope) -> &'static str {
    match scope {
        Scope::All => "all",
        Scope::Referenced => "while in use",
        Scope::WithoutSelector => "of Services without selector",
        Scope::OfSynced => "about synced objects",
        Scope::InUse => "of the host's that are in use",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_a_line() {
        let table = table();
        assert_eq!(table.lines().count(), TABLE.len() + 2, "{table}");
        assert!(table.lines().any(|line| line.contains("Pod") && line.contains("pods/exec: get,create")));
    }
}
