//! `tenantbench tenant list`.

use clap::Args;
use jiff::{SpanRound, Timestamp, Unit};
use serde::Serialize;
use tabled::{builder::Builder, settings::Style};

use super::{TargetArgs, Terminal, target::Target};
use crate::{
    cli::{
        exit::{CliError, Code},
        output::Format,
    },
    tenancy::vcluster::{
        life::{self, Found, State},
        reach::Place,
    },
};

/// Which to show.
#[derive(Args, Debug)]
pub(super) struct ListArgs {
    /// Those of all namespaces, which takes the right to list StatefulSets everywhere.
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// How to write it.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// One virtual cluster in a list.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    namespace: String,
    state: State,
    made: Option<Timestamp>,
    /// The port of this machine that leads into it, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    connected: Option<String>,
}

pub(super) async fn run(
    arguments: &ListArgs,
    target: &TargetArgs,
    terminal: &Terminal,
) -> Result<Code, CliError> {
    let target = target.target()?;
    let namespace = (!arguments.all_namespaces).then_some(target.namespace.as_str());
    let client = crate::tenancy::connect(target.kubeconfig.clone()).await?;
    let found = life::all(client, namespace).await?;
    let rows: Vec<_> = found.into_iter().map(|found| row(&target, &found)).collect();
    match arguments.format {
        Format::Json => terminal.json("tenantbench.dev/tenants/v1", "tenants", &rows)?,
        Format::Human if rows.is_empty() => terminal.note(&match namespace {
            Some(namespace) => {
                format!(
                    "no virtual cluster in namespace {namespace}; `tenantbench tenant create NAME` makes one"
                )
            }
            None => "no virtual cluster; `tenantbench tenant create NAME` makes one".to_owned(),
        }),
        Format::Human => terminal.data(&table(&rows))?,
    }
    Ok(Code::Ok)
}

fn row(target: &Target, found: &Found) -> Row {
    let place = Place::of(&target.server(), &found.names).ok();
    Row {
        name: found.names.cluster.clone(),
        namespace: found.names.namespace.clone(),
        state: found.state,
        made: found.made,
        connected: place.and_then(|place| place.open()).map(|open| open.address.to_string()),
    }
}

fn table(rows: &[Row]) -> String {
    let mut table = Builder::default();
    table.push_record(["NAME", "NAMESPACE", "STATE", "AGE", "CONNECTED"]);
    for row in rows {
        table.push_record([
            row.name.clone(),
            row.namespace.clone(),
            row.state.word().to_owned(),
            row.made.map_or_else(|| "-".to_owned(), age),
            row.connected.clone().unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    table.build().with(Style::blank()).to_string()
}

/// How long ago, in the largest units that fit.
pub(super) fn age(made: Timestamp) -> String {
    let since = Timestamp::now().duration_since(made);
    let unit = if since.as_secs() < 3600 { Unit::Second } else { Unit::Minute };
    let span = jiff::Span::try_from(since)
        .and_then(|span| span.round(SpanRound::new().largest(Unit::Hour).smallest(unit)));
    span.map_or_else(|_| "-".to_owned(), |span| format!("{span:#}"))
}
