//! `tenantbench doctor`: what this machine can do.

use clap::Args;

use super::{
    exit::{CliError, Code},
    output::{Format, Terminal},
};

/// Say what this machine can do, and how to mend what it cannot.
#[derive(Args, Debug)]
pub(super) struct DoctorArgs {
    /// How to write it.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) async fn run(_arguments: DoctorArgs, _terminal: &Terminal) -> Result<Code, CliError> {
    Ok(Code::Ok)
}
