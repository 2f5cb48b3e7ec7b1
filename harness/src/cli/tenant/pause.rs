//! `tenantbench tenant pause` and `resume`.

use clap::Args;

use super::{TargetArgs, Terminal, interrupt};
use crate::{
    cli::exit::{CliError, Code},
    tenancy::vcluster::{
        TenantName,
        life::{self, State},
    },
};

/// Which one.
#[derive(Args, Debug)]
pub(super) struct PauseArgs {
    /// Its name.
    #[arg(add = super::complete::names())]
    name: TenantName,
}

pub(super) async fn pause(
    arguments: &PauseArgs,
    target: &TargetArgs,
    terminal: &Terminal,
) -> Result<Code, CliError> {
    let (target, name) = (target.target()?, &arguments.name);
    let site = target.site().await?;
    let found = life::find(&site, name.as_str()).await?;
    let (again, back) = (target.command("pause", &found.names), target.command("resume", &found.names));
    let then = format!("{name} may be half at rest; `{again}` puts it to rest, `{back}` wakes it");
    let say = |text: &str| terminal.note(text);
    match found.state {
        // Whoever told it to may have gone before all its pods had.
        State::Paused => {
            let ended = async { Ok(life::rest(&site, &found.names, target.limit, &say).await?) };
            let pods = interrupt::or_say(&then, ended).await?;
            let now = if pods == 0 { String::new() } else { format!("; {pods} of its pods have ended now") };
            terminal.note(&format!("{name} was told to rest before{now}. `{back}` wakes it"));
        }
        State::Ready => {
            let upgrades = target.upgrades().await?;
            let paused = async { Ok(life::pause(&site, &upgrades, &found, target.limit, &say).await?) };
            let pods = interrupt::or_say(&then, paused).await?;
            terminal.note(&format!(
                "{name} rests; its plane has ended and, of its pods, {pods}. `{back}` wakes it"
            ));
        }
        State::Starting | State::Ending => {
            let text = format!("{name} is {} and cannot pause; wait until it is ready", found.state.word());
            return Err(CliError::new(Code::Usage, text));
        }
    }
    Ok(Code::Ok)
}

pub(super) async fn resume(
    arguments: &PauseArgs,
    target: &TargetArgs,
    terminal: &Terminal,
) -> Result<Code, CliError> {
    let (target, name) = (target.target()?, &arguments.name);
    let begun = std::time::Instant::now();
    let site = target.site().await?;
    let found = life::find(&site, name.as_str()).await?;
    let then = format!("{name} goes on waking; `{}` waits for it", target.command("resume", &found.names));
    let progress = |text: &str| terminal.note(text);
    let resumed = async { Ok(life::resume(&site, &found, target.limit, &progress).await?) };
    interrupt::or_say(&then, resumed).await?;
    terminal.note(&format!("{name} is ready after {:.1} s", begun.elapsed().as_secs_f64()));
    Ok(Code::Ok)
}
