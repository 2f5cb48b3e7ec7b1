//! One file per verb: read flags, call the engine, choose the exit code.

mod doctor;
pub mod exit;
mod gc;
mod host;
mod internal;
pub mod kind;
mod list;
pub mod local;
mod operator;
pub mod output;
pub mod place;
mod plan;
mod plane;
pub mod progress;
mod report;
mod scenario;
pub mod signals;
mod syncer;
mod tenant;
mod tools;
pub mod ui;
mod workload;

use std::{ffi::OsString, process::ExitCode};

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::CompleteEnv;

use self::{
    exit::{CliError, Code},
    output::{Log, OutputArgs, Terminal},
};

/// Measures what each way of sharing a Kubernetes cluster costs and leaks.
#[derive(Parser, Debug)]
#[command(name = "tenantbench", version, after_long_help = exit::help(), propagate_version = true)]
struct Cli {
    #[command(flatten)]
    output: OutputArgs,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Run a scenario and print its report.
    Scenario(Box<scenario::ScenarioArgs>),
    /// Print the table or the JSON of a run again.
    Report(report::ReportArgs),
    /// List scenarios, models and workloads.
    List(list::ListArgs),
    /// Print what a scenario would do, without doing it.
    Plan(plan::PlanArgs),
    /// Start, list and stop hosts that stay.
    Host(host::HostArgs),
    /// Install, list and find the Kubernetes binaries.
    Tools(tools::ToolsArgs),
    /// Print a workload's manifests.
    Workload(workload::WorkloadArgs),
    /// Run a syncer; this is what the plane of a virtual cluster starts.
    Syncer(Box<syncer::FurnishedSyncerArgs>),
    /// Make, reach and end virtual clusters on any host cluster.
    Tenant(Box<tenant::TenantArgs>),
    /// Run a step of a virtual cluster's plane; this is what its pod starts.
    Plane(plane::PlaneArgs),
    /// Run an operator; this is what a workload's Deployment starts.
    Operator(operator::OperatorArgs),
    /// Say what this machine can do, and how to mend what it cannot.
    Doctor(doctor::DoctorArgs),
    /// Remove what killed runs left behind.
    Gc(gc::GcArgs),
}

impl Verb {
    /// What it logs where nobody says more: a server in a pod is read by its log alone.
    fn log(&self) -> Log {
        match self {
            Self::Syncer(_) => Log::Own,
            Self::Operator(_) | Self::Plane(_) => Log::Work,
            _ => Log::Doubts,
        }
    }
}

/// Reads the command line, does what it says, and returns the exit code.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    // Before anything else: some of these must fork while the process has one thread.
    if arguments.get(1).is_some_and(|word| word == "internal") {
        return internal::main(&arguments);
    }
    // Ends here where a shell asks for completions, by COMPLETE.
    CompleteEnv::with_factory(Cli::command).complete();
    let cli = Cli::parse_from(arguments);
    let terminal = Terminal::new(&cli.output, cli.verb.log());
    let verb = match cli.verb {
        Verb::Syncer(arguments) => Verb::Syncer(Box::new(syncer::arguments(*arguments, &cli.output))),
        verb => verb,
    };
    match run(verb, &terminal) {
        Ok(code) => code,
        Err(error) => {
            if !error.is_told() {
                terminal.error(&error);
            }
            error.code().into()
        }
    }
}

fn run(verb: Verb, terminal: &Terminal) -> Result<ExitCode, CliError> {
    let runtime = match &verb {
        Verb::Syncer(arguments) => syncer::runtime(arguments),
        _ => tokio::runtime::Builder::new_multi_thread().enable_all().build(),
    };
    let runtime = runtime.map_err(|error| CliError::new(Code::Unfit, format!("cannot start: {error}")))?;
    let outcome = runtime.block_on(async {
        let code = match verb {
            Verb::Tenant(arguments) => return tenant::run(*arguments, terminal).await,
            Verb::Plane(arguments) => plane::run(arguments).await.map_err(CliError::from),
            Verb::Scenario(arguments) => scenario::run(*arguments, terminal).await,
            Verb::Report(arguments) => report::run(&arguments, terminal),
            Verb::List(arguments) => list::run(&arguments, terminal),
            Verb::Plan(arguments) => plan::run(&arguments, terminal),
            Verb::Workload(arguments) => Ok(workload::run(&arguments).map(|()| Code::Ok)?),
            Verb::Syncer(arguments) => syncer::run(*arguments).await,
            Verb::Operator(arguments) => Ok(operator::run(arguments).await.map(|()| Code::Ok)?),
            Verb::Host(arguments) => host::run(arguments, terminal).await,
            Verb::Tools(arguments) => tools::run(arguments, terminal).await,
            Verb::Doctor(arguments) => doctor::run(arguments, terminal).await,
            Verb::Gc(arguments) => gc::run(&arguments, terminal).await,
        };
        code.map(ExitCode::from)
    });
    // A wait for the cache's lock cannot be cancelled, and must not keep us after Ctrl-C.
    runtime.shutdown_background();
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
