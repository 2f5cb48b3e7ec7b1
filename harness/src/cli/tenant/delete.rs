//! `tenantbench tenant delete`.

use std::time::Instant;

use clap::Args;

use super::{TargetArgs, Terminal, interrupt};
use crate::{
    cli::exit::{CliError, Code},
    tenancy::{
        TenancyError,
        vcluster::{
            PlaneNames, TenantName, Values, life,
            reach::{self, Place},
        },
    },
};

/// Which to delete.
#[derive(Args, Debug)]
pub(super) struct DeleteArgs {
    /// Its name.
    #[arg(add = super::complete::names())]
    name: TenantName,
}

pub(super) async fn run(
    arguments: &DeleteArgs,
    target: &TargetArgs,
    terminal: &Terminal,
) -> Result<Code, CliError> {
    let (target, name) = (target.target()?, &arguments.name);
    let begun = Instant::now();
    let site = target.site().await?;
    let (names, unknown) = match life::find(&site, name.as_str()).await {
        Ok(found) => (found.names, None),
        // Half of one may be there: one whose StatefulSet somebody has deleted, or was never let make.
        Err(unknown @ TenancyError::Unknown { .. }) => {
            (PlaneNames::new(name.as_str(), &target.namespace, &Values::default()), Some(unknown))
        }
        Err(error) => return Err(error.into()),
    };
    let again = target.command("delete", &names);
    let then = format!("{name} goes on ending; `{again}` waits until nothing of it is left");
    let progress = |text: &str| terminal.note(text);
    let deleted = async { Ok(life::delete(&site, &names, target.limit, &progress).await?) };
    let lines = interrupt::or_say(&then, deleted).await?;
    if let Some(unknown) = unknown.filter(|_| lines.is_empty()) {
        return Err(unknown.into());
    }
    let place = Place::of(&target.server(), &names).map_err(reach::ReachError::from)?;
    reach::end(&place).await?;
    for line in &lines {
        terminal.data(&format!("removed {line}"))?;
    }
    terminal.note(&format!(
        "{name} is gone after {:.1} s; nothing of it is left in namespace {}",
        begun.elapsed().as_secs_f64(),
        target.namespace,
    ));
    Ok(Code::Ok)
}
