//! The command line of a syncer, the same in `tenantbench-syncer` and `tenantbench syncer`.

mod config;
pub(crate) mod kinds;
mod many;
mod options;
mod role;

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use futures::future::BoxFuture;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{ConfigError, Effective, Settings},
    log,
    run::{self, Health, RunError, Server},
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
    Config(Box<config::ConfigArgs>),
}

/// How to sync.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// Config file, with a field for each flag; flags win over it [see: config].
    #[arg(long, env = "TENANTBENCH_SYNCER_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
    /// What is logged where no setting says so.
    #[arg(skip = log::USUAL.to_owned())]
    usual_level: String,
}

impl SyncerArgs {
    /// The same, which logs at `level` where neither flag nor file says otherwise.
    #[must_use]
    pub fn logging_usually(mut self, level: &str) -> Self {
        level.clone_into(&mut self.run.usual_level);
        self
    }
}

impl SyncerArgs {
    /// The kubeconfig of the virtual cluster, where flags or file name one: for what runs beside the syncer.
    #[must_use]
    pub fn tenant_kubeconfig(&self) -> Option<PathBuf> {
        let settings = self.run.effective().ok()?.settings;
        settings.tenant_kubeconfig.as_deref().map(options::mounted)
    }
}

/// What it runs on. One tenant keeps a thread busy for a small part of the time, and threads that hand its turns to each other
/// would only wake each other; many tenants get a thread for each core.
///
/// # Errors
/// When the system gives no threads.
pub fn runtime(args: &SyncerArgs) -> io::Result<Runtime> {
    let of_many = args.run.effective().is_ok_and(|effective| effective.settings.are_of_many());
    let mut builder = if of_many { Builder::new_multi_thread() } else { Builder::new_current_thread() };
    builder.enable_all().build()
}

impl RunArgs {
    fn effective(&self) -> Result<Effective, ConfigError> {
        let file = self.config.as_deref().map(options::mounted);
        Effective::new(&self.settings, file.as_deref())
    }
}

/// How a syncer ends, for the help of the program that is nothing else.
pub const EXIT_CODES: &str = "Exit codes:
    0  stopped by SIGTERM or Ctrl-C
    1  something that no waiting mends: the last line says what
    2  the command line is wrong
  130  stopped at once by a second signal";

/// How a command line ends that cannot be carried out.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Failure {
    error: RunError,
    /// Whether the log has told it already, in the log's own form.
    pub is_logged: bool,
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        Self { error, is_logged: false }
    }
}

/// Does what the command line says: prints something, or syncs until `stop`.
///
/// Boxed, so that all of it is compiled with this crate and as this crate is: a future is otherwise compiled where it is
/// awaited, and the program that drives measurements is not optimised in development.
///
/// # Errors
/// What no waiting mends; an API that is not up yet is waited for.
#[must_use]
pub fn run(args: SyncerArgs, stop: CancellationToken) -> BoxFuture<'static, Result<(), Failure>> {
    Box::pin(done(args, stop))
}

async fn done(args: SyncerArgs, stop: CancellationToken) -> Result<(), Failure> {
    match args.verb {
        Some(Verb::Kinds(args)) => Ok(kinds::run(&args)?),
        Some(Verb::Role(args)) => Ok(role::run(args)?),
        Some(Verb::Config(args)) => Ok(config::run(&args)?),
        None => {
            let settings = args.run.effective().map_err(RunError::from)?.settings;
            let level = settings.log_level.as_deref().unwrap_or(&args.run.usual_level);
            log::start(settings.log_format.unwrap_or_default(), level);
            sync(settings, stop).await.map_err(logged)
        }
    }
}

fn logged(error: RunError) -> Failure {
    tracing::error!(%error, "the syncer gives up");
    Failure { error, is_logged: tracing::enabled!(tracing::Level::ERROR) }
}

async fn sync(settings: Settings, stop: CancellationToken) -> Result<(), RunError> {
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        name = settings.name,
        host_namespace = settings.host_namespace,
        service = settings.service,
        node_address = settings.node_address.map(tracing::field::display),
        sync = settings.sync.as_ref().map(|kinds| kinds.join(",")),
        listen = settings.listen.map(tracing::field::display),
        "the syncer starts"
    );
    let health = Health::default();
    let served = Server::open(needed(settings.listen, "listen")?).await?.serve(health.clone());
    let running = async {
        if settings.are_of_many() {
            return run::run_many(many::process(settings).await?, health, stop).await;
        }
        let options = options::options(settings).await?;
        run::run(options, health, stop).await
    };
    let ended = tokio::select! {
        () = served => Ok(()),
        ended = running => ended,
    };
    if ended.is_ok() {
        tracing::info!("the syncer stops as it was told to");
    }
    ended
}

/// A setting that must be said by somebody.
fn needed<T>(value: Option<T>, name: &'static str) -> Result<T, ConfigError> {
    value.ok_or(ConfigError::Missing(name))
}

fn print(text: &str) -> Result<(), RunError> {
    std::io::stdout().write_all(text.as_bytes()).map_err(RunError::Output)
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, FromArgMatches, Parser};

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: SyncerArgs,
    }

    fn parsed(arguments: &[&str]) -> SyncerArgs {
        let all = std::iter::once("syncer").chain(arguments.iter().copied());
        let matches = Cli::command().try_get_matches_from(all).expect("is understood");
        Cli::from_arg_matches(&matches).expect("is understood").args
    }

    #[test]
    fn flags_are_settings_and_what_is_not_given_is_said_by_nobody() {
        Cli::command().debug_assert();
        let args = parsed(&["--name", "vc", "--node-access", "--sync", "endpoints,endpointslices"]);
        let wanted = Settings {
            name: Some("vc".to_owned()),
            node_access: Some(true),
            sync: Some(vec!["endpoints".to_owned(), "endpointslices".to_owned()]),
            ..Settings::default()
        };
        assert_eq!((args.run.settings, args.verb.is_none()), (wanted, true));
    }

    #[test]
    fn a_setting_that_nobody_has_said_is_asked_for_by_flag_and_field() {
        let error = needed(None::<u8>, "service").expect_err("is missing").to_string();
        assert_eq!(error, "nothing says what `service` is; give --service, or `service` in the config file");
    }

    #[test]
    fn config_takes_the_flags_of_a_run() {
        let args = parsed(&["config", "--name", "vc", "--node-access=false"]);
        let Some(Verb::Config(args)) = args.verb else { panic!("another verb") };
        let printed = args.run.effective().and_then(|effective| effective.print()).expect("text");
        assert!(printed.contains("name: vc # flag"), "{printed}");
        assert!(printed.contains("node-access: false # flag"), "{printed}");
    }
}
