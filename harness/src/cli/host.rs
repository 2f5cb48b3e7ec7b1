//! `tenantbench host`: hosts that stay.

use clap::{Args, Subcommand};
use tabled::{builder::Builder, settings::Style};

use super::{
    exit::{CliError, Code},
    output::{Format, Terminal},
    place::PlaceArgs,
    signals,
};
use crate::host::{
    Host, HostError,
    folder::{RunFolder, RunName, is_live},
    gc,
    state::runs_folder,
    supervised::{Link, SupervisedHost, take_down},
    supervisor::{State, Status},
};

/// Start, list and stop hosts that stay.
#[derive(Args, Debug)]
pub(super) struct HostArgs {
    #[command(subcommand)]
    verb: HostVerb,
}

#[derive(Subcommand, Debug)]
enum HostVerb {
    /// Start a host; prints the file of its kubeconfig.
    Up {
        #[command(flatten)]
        name: NameArgs,
        #[command(flatten)]
        place: Box<PlaceArgs>,
    },
    /// Show the hosts that run.
    List {
        /// How to write it.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Print the platform team's kubeconfig of a host.
    Kubeconfig {
        #[command(flatten)]
        name: NameArgs,
        /// Print the file's name instead.
        #[arg(long)]
        path: bool,
    },
    /// Stop a host and remove everything of it.
    Down {
        #[command(flatten)]
        name: NameArgs,
        /// All hosts.
        #[arg(long, conflicts_with = "name")]
        all: bool,
    },
}

#[derive(Args, Debug)]
struct NameArgs {
    /// The host's name.
    #[arg(long, default_value = "default", env = "TENANTBENCH_HOST_NAME")]
    name: RunName,
}

pub(super) async fn run(arguments: HostArgs, terminal: &Terminal) -> Result<Code, CliError> {
    match arguments.verb {
        HostVerb::Up { name, place } => up(name.name, &place, terminal).await,
        HostVerb::List { format } => list(format, terminal).await,
        HostVerb::Kubeconfig { name, path } => kubeconfig(&name.name, path, terminal),
        HostVerb::Down { name, all } => down(&name.name, all, terminal).await,
    }
}

async fn up(name: RunName, place: &PlaceArgs, terminal: &Terminal) -> Result<Code, CliError> {
    let interrupted = signals::shutdown().map_err(|error| CliError::new(Code::Unfit, error.to_string()))?;
    let place = place.prepare(terminal, &interrupted).await?;
    let spec = place.spec(name.clone(), None)?;
    remove_leftover(&spec.runs, &name, terminal).await?;
    let host =
        SupervisedHost::start_unless(&spec, |text| terminal.note(text), interrupted.cancelled()).await?;
    host.keep().await?;
    let facts = host.facts();
    terminal.note(&format!(
        "host {name} is ready: API in {:.1} s, all in {:.1} s, {} {} nodes; `tenantbench host down --name {name}` stops it",
        facts.api_ready_seconds, facts.ready_seconds, facts.node_count, facts.nodes,
    ));
    let folder = RunFolder::at(host.folder().unwrap_or_default());
    terminal.data(&folder.admin_kubeconfig().display().to_string())?;
    Ok(Code::Ok)
}

/// A killed run of the same name must not stand in the way of a new one.
async fn remove_leftover(
    runs: &std::path::Path,
    name: &RunName,
    terminal: &Terminal,
) -> Result<(), CliError> {
    let found = gc::leftovers(runs)?.into_iter().find(|leftover| leftover.name == *name);
    let Some(leftover) = found else { return Ok(()) };
    for line in gc::remove_run(&leftover.folder).await? {
        terminal.note(&format!("left by a killed run: removed {line}"));
    }
    Ok(())
}

async fn list(format: Format, terminal: &Terminal) -> Result<Code, CliError> {
    let runs = runs_folder().map_err(HostError::from)?;
    let mut hosts = Vec::new();
    for (name, folder) in RunFolder::all(&runs).map_err(HostError::io("cannot list the runs"))? {
        match status(&folder).await {
            Ok(status) => hosts.push(status),
            Err(HostError::Unknown(_)) if !is_live(&folder) => {
                terminal.warn(&format!(
                    "{name} was left behind by a killed run; remove it with `tenantbench gc`"
                ));
            }
            Err(error) => terminal.warn(&format!("{name}: {error}")),
        }
    }
    match format {
        Format::Json => terminal.json("tenantbench.dev/hosts/v1", "hosts", &hosts)?,
        Format::Human if hosts.is_empty() => terminal.note("no host runs; `tenantbench host up` starts one"),
        Format::Human => terminal.data(&table(&hosts))?,
    }
    Ok(Code::Ok)
}

async fn status(folder: &RunFolder) -> Result<Status, HostError> {
    Link::open(folder).await?.status().await
}

fn table(hosts: &[Status]) -> String {
    let mut table = Builder::default();
    table.push_record(["NAME", "KIND", "STATE", "NODES", "API", "PID", "STARTED"]);
    for host in hosts {
        let state = match &host.state {
            State::Starting => "starting".to_owned(),
            State::Ready => "ready".to_owned(),
            State::Failed { reason } => format!("failed: {reason}"),
        };
        table.push_record([
            host.name.clone(),
            host.kind.as_str().to_owned(),
            state,
            host.facts.as_ref().map_or("-".into(), |facts| facts.node_count.to_string()),
            host.api_server.clone(),
            host.supervisor.pid.to_string(),
            host.started_at.strftime("%F %T").to_string(),
        ]);
    }
    table.build().with(Style::blank()).to_string()
}

fn kubeconfig(name: &RunName, path: bool, terminal: &Terminal) -> Result<Code, CliError> {
    let folder = RunFolder::at(runs_folder().map_err(HostError::from)?.join(name.to_string()));
    let file = folder.admin_kubeconfig();
    if !is_live(&folder) || !file.exists() {
        return Err(HostError::Unknown(name.to_string()).into());
    }
    if path {
        terminal.data(&file.display().to_string())?;
    } else {
        let text = fs_err::read_to_string(file).map_err(HostError::io("cannot read the kubeconfig"))?;
        terminal.data(&text)?;
    }
    Ok(Code::Ok)
}

async fn down(name: &RunName, all: bool, terminal: &Terminal) -> Result<Code, CliError> {
    let runs = runs_folder().map_err(HostError::from)?;
    let folders = if all {
        let all = RunFolder::all(&runs).map_err(HostError::io("cannot list the runs"))?;
        all.into_iter().map(|(_, folder)| folder).collect()
    } else {
        let folder = RunFolder::at(runs.join(name.to_string()));
        if !folder.path().exists() {
            return Err(HostError::Unknown(name.to_string()).into());
        }
        vec![folder]
    };
    if folders.is_empty() {
        terminal.note("no host runs");
    }
    for folder in folders {
        for line in take_down(&folder).await? {
            terminal.data(&format!("removed {line}"))?;
        }
    }
    Ok(Code::Ok)
}
