//! `tenantbench tenant disconnect`.

use clap::Args;

use super::{TargetArgs, Terminal};
use crate::{
    cli::exit::{CliError, Code},
    tenancy::vcluster::{
        PlaneNames, TenantName, Values,
        reach::{self, Place, ReachError},
    },
};

/// Which way to close.
#[derive(Args, Debug)]
pub(super) struct DisconnectArgs {
    /// The virtual cluster's name.
    #[arg(add = super::complete::names())]
    name: TenantName,
}

/// Needs no answer of the host, which may be gone.
pub(super) async fn run(
    arguments: &DisconnectArgs,
    target: &TargetArgs,
    terminal: &Terminal,
) -> Result<Code, CliError> {
    let (target, name) = (target.target()?, &arguments.name);
    let names = PlaneNames::new(name.as_str(), &target.namespace, &Values::default());
    let place = Place::of(&target.server(), &names).map_err(ReachError::from)?;
    terminal.note(&if reach::end(&place).await? {
        format!("the way to {name} is closed")
    } else {
        format!("no way to {name} was open")
    });
    Ok(Code::Ok)
}
