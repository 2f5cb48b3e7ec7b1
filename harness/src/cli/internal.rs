//! `tenantbench internal …`: what tenantbench starts itself. No thread and no runtime exists when these begin.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{host::supervisor, node::helper, tenancy::vcluster::reach};

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
    }
}
