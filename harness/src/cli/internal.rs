//! `tenantbench internal …`: what tenantbench starts itself. No thread and no runtime exists when these begin.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::host::supervisor;

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
}

pub(super) fn main(arguments: &[OsString]) -> ExitCode {
    match Internal::parse_from(&arguments[1..]).program {
        Program::HostSupervisor { config } => supervisor::main(&config),
    }
}
