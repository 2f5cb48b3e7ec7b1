//! The command line of a syncer, the same in `tenantbench-syncer` and `tenantbench syncer`.

mod config;
mod kinds;
mod options;
mod role;

use std::{io::Write, path::PathBuf};

use clap::{Args, Subcommand};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{ConfigError, Effective, Settings},
    run::{self, Health, RunError},
};

/// Runs the pods of a virtual cluster on its host cluster.
#[derive(Args, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct SyncerArgs {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    run: RunArgs,
}

/// What a syncer does instead of syncing.
#[derive(Subcommand, Clone, Debug)]
enum Verb {
    Kinds(kinds::KindsArgs),
    Role(role::RoleArgs),
    Config(config::ConfigArgs),
}

/// How to sync.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// Config file, with a field for each flag; flags win over it [see: config].
    #[arg(long, env = "TENANTBENCH_SYNCER_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

impl RunArgs {
    fn effective(&self) -> Result<Effective, ConfigError> {
        Effective::new(&self.settings, self.config.as_deref())
    }
}

/// Does what the command line says: prints something, or syncs until `stop`, which it follows within a second.
///
/// # Errors
/// What no waiting mends; an API that is not up yet is waited for.
pub async fn run(args: SyncerArgs, stop: CancellationToken) -> Result<(), RunError> {
    match args.verb {
        Some(Verb::Kinds(args)) => kinds::run(&args),
        Some(Verb::Role(args)) => role::run(args),
        Some(Verb::Config(args)) => config::run(&args),
        None => sync(args.run.effective()?.settings, stop).await,
    }
}

async fn sync(settings: Settings, stop: CancellationToken) -> Result<(), RunError> {
    let health = Health::default();
    let served = run::serve(needed(settings.listen, "listen")?, health.clone(), stop.clone());
    let running = async {
        let options = options::options(settings).await?;
        run::run(options, health, stop.clone()).await
    };
    tokio::select! {
        ended = served => ended,
        ended = running => ended,
    }
}

/// A setting that must be said by somebody.
fn needed<T>(value: Option<T>, name: &'static str) -> Result<T, ConfigError> {
    value.ok_or(ConfigError::Missing(name))
}

fn print(text: &str) -> Result<(), RunError> {
    std::io::stdout().write_all(text.as_bytes()).map_err(RunError::Output)
}
