//! Hosts for a scenario: each a local one with a supervisor of its own.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use futures::{FutureExt, future::BoxFuture};
use tokio_util::sync::CancellationToken;

use super::ScenarioArgs;
use crate::{
    assets::Assets,
    cli::{
        exit::{CliError, Code},
        output::Terminal,
    },
    host::{Host, folder::RunName, local::LocalHost},
    run::{RunError, hosts::HostFactory},
};

/// Starts local hosts with the flags of one command line.
pub(super) struct LocalHosts<'a> {
    args: &'a ScenarioArgs,
    terminal: &'a Terminal,
    assets: Assets,
    started: AtomicU32,
    shutdown: CancellationToken,
}

impl<'a> LocalHosts<'a> {
    /// Finds the binaries, or obtains them.
    pub(super) async fn new(
        args: &'a ScenarioArgs,
        terminal: &'a Terminal,
        shutdown: &CancellationToken,
    ) -> Result<Self, CliError> {
        let assets = tokio::select! {
            assets = args.local.assets.resolve(terminal) => assets?,
            () = shutdown.cancelled() => {
                return Err(CliError::new(Code::Interrupted, "interrupted; nothing was started"));
            }
        };
        Ok(Self { args, terminal, assets, started: AtomicU32::new(0), shutdown: shutdown.clone() })
    }

    async fn next(&self) -> Result<Arc<dyn Host>, RunError> {
        let number = self.started.fetch_add(1, Ordering::Relaxed) + 1;
        let name: RunName = format!("s{}-{number}", std::process::id())
            .parse()
            .map_err(|error| RunError::Host(crate::host::HostError::from(error)))?;
        let spec = self
            .args
            .local
            .spec(name, &self.assets)
            .map_err(|error| RunError::Setup(error.message().to_owned()))?;
        let progress = |text: &str| self.terminal.note(text);
        let host = LocalHost::start_unless(&spec, progress, self.shutdown.cancelled()).await?;
        Ok(Arc::new(host))
    }
}

impl HostFactory for LocalHosts<'_> {
    fn start(&self) -> BoxFuture<'_, Result<Arc<dyn Host>, RunError>> {
        self.next().boxed()
    }
}
