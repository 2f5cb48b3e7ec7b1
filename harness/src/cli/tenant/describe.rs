//! `tenantbench tenant describe`.

use clap::Args;
use serde::Serialize;

use super::{TargetArgs, Terminal, list::age};
use crate::{
    cli::{
        exit::{CliError, Code},
        output::Format,
    },
    tenancy::vcluster::{
        TenantName,
        life::{self, Description},
        reach::Place,
    },
};

/// Which one, and how.
#[derive(Args, Debug)]
pub(super) struct DescribeArgs {
    /// Its name.
    #[arg(add = super::complete::names())]
    name: TenantName,
    /// How to write it.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    description: Description,
    /// The port of this machine that leads into it, if one does.
    connected: Option<String>,
}

pub(super) async fn run(
    arguments: &DescribeArgs,
    target: &TargetArgs,
    terminal: &Terminal,
) -> Result<Code, CliError> {
    let target = target.target()?;
    let site = target.site().await?;
    let found = life::find(&site, arguments.name.as_str()).await?;
    let place = Place::of(&target.server(), &found.names).ok();
    let connected = place.and_then(|place| place.open()).map(|open| open.address.to_string());
    let whole = Whole { description: life::describe(&site, &found).await?, connected };
    match arguments.format {
        Format::Json => terminal.json("tenantbench.dev/tenant/v1", "tenant", &whole)?,
        Format::Human => terminal.data(&text(&whole))?,
    }
    Ok(Code::Ok)
}

fn text(whole: &Whole) -> String {
    let Whole { description, connected } = whole;
    let mut lines = vec![
        format!("name        {}", description.name),
        format!("namespace   {}", description.namespace),
        format!("state       {}", description.state.word()),
        format!("age         {}", description.made.map_or_else(|| "-".to_owned(), age)),
        format!("service     {} {}", description.service, description.addresses.join(", ")),
        format!("kubeconfig  secret/{}", description.kubeconfig_secret),
        format!("connected   {}", connected.as_deref().unwrap_or("-")),
        format!("pods        {}", description.pods),
    ];
    for container in &description.containers {
        lines.push(format!(
            "container   {:24} {:10} {} restarts  {}",
            container.name, container.state, container.restarts, container.image
        ));
    }
    lines.extend(description.warnings.iter().map(|warning| format!("warning     {warning}")));
    lines.join("\n")
}
