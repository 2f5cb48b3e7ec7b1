//! `tenantbench internal …`: what tenantbench starts itself. No thread and no runtime exists when these begin.

use std::{ffi::OsString, path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use tenantbench_scenarios::parse_duration;

use crate::{host::supervisor, inside, node::helper, tenancy::vcluster::reach};

/// Programs that tenantbench starts itself.
#[derive(Parser, Debug)]
#[command(name = "tenantbench internal")]
struct Internal {
    #[command(subcommand)]
    program: Program,
}

#[derive(Subcommand, Debug)]
enum Program {
    /// Own a local host.
    HostSupervisor {
        /// What the host is to be.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Carry a port of this machine to a virtual cluster.
    Forward {
        /// Where it leads.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Hold the network that all pods of a host hang on.
    Router(Layout),
    /// Hold a pod's network.
    PodSandbox(Layout),
    /// Become a container's program.
    PodContainer(Layout),
    /// Become a command in a running container.
    PodExec(Layout),
    /// In a container: tell whoever asks by HTTP whom it has reached.
    Serve {
        /// The port.
        #[arg(long, default_value_t = 8080)]
        port: u16,
    },
    /// In a container: do nothing until a signal.
    Idle,
    /// In a container: ask a server, and print how far that came.
    Fetch {
        /// Where it is.
        #[arg(value_name = "HOST:PORT")]
        target: String,
        /// How long a connection and an answer may take.
        #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "3s")]
        limit: Duration,
        /// How long to try again until it answers; not at all where nothing is said.
        #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "0s")]
        patience: Duration,
    },
    /// In a container: print environment, names and files as they are seen from there.
    Look {
        /// Files to show.
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// In a plane: be the ideal syncer, which is a measure for real ones.
    IdealSyncer(inside::IdealSyncerArgs),
    /// In a container: write a file.
    Put {
        /// Which file.
        path: PathBuf,
        /// Its text.
        text: String,
    },
}

/// What a pod's helper is told.
#[derive(clap::Args, Debug)]
struct Layout {
    /// One JSON object.
    json: String,
}

pub(super) fn main(arguments: &[OsString]) -> ExitCode {
    match Internal::parse_from(&arguments[1..]).program {
        Program::HostSupervisor { config } => supervisor::main(&config),
        Program::Forward { config } => reach::main(&config),
        Program::Router(layout) => helper::router(&layout.json),
        Program::PodSandbox(layout) => helper::sandbox(&layout.json),
        Program::PodContainer(layout) => helper::container(&layout.json),
        Program::PodExec(layout) => helper::exec(&layout.json),
        Program::Serve { port } => inside::serve(port),
        Program::Idle => inside::idle(),
        Program::Fetch { target, limit, patience } => inside::fetch(&target, limit, patience),
        Program::Look { files } => inside::look(&files),
        Program::IdealSyncer(args) => inside::ideal_syncer(&args),
        Program::Put { path, text } => inside::put(&path, &text),
    }
}
