//! Hosts for a scenario: each with a supervisor of its own.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use futures::{FutureExt, future::BoxFuture};
use tokio_util::sync::CancellationToken;

use crate::{
    cli::{output::Terminal, place::Place},
    host::{Host, HostError, folder::RunName, supervised::SupervisedHost},
    run::{RunError, hosts::HostFactory},
};

/// Starts hosts with the flags of one command line.
pub(super) struct PlacedHosts<'a> {
    place: Place,
    terminal: &'a Terminal,
    /// The run's results folder, where the logs of a host go that does not come up.
    results: PathBuf,
    started: AtomicU32,
    shutdown: CancellationToken,
}

impl<'a> PlacedHosts<'a> {
    pub(super) fn new(
        place: Place,
        terminal: &'a Terminal,
        results: PathBuf,
        shutdown: &CancellationToken,
    ) -> Self {
        Self { place, terminal, results, started: AtomicU32::new(0), shutdown: shutdown.clone() }
    }

    async fn next(&self) -> Result<Arc<dyn Host>, RunError> {
        let number = self.started.fetch_add(1, Ordering::Relaxed) + 1;
        let name: RunName = format!("s{}-{number}", std::process::id()).parse().map_err(HostError::from)?;
        // Absolute, for the supervisor works elsewhere.
        let logs = std::path::absolute(self.results.join("logs").join(format!("host-{number}")));
        let spec =
            self.place.spec(name, logs.ok()).map_err(|error| RunError::Setup(error.message().to_owned()))?;
        let progress = |text: &str| self.terminal.note(text);
        let host = SupervisedHost::start_unless(&spec, progress, self.shutdown.cancelled()).await?;
        Ok(Arc::new(host))
    }
}

impl HostFactory for PlacedHosts<'_> {
    fn start(&self) -> BoxFuture<'_, Result<Arc<dyn Host>, RunError>> {
        self.next().boxed()
    }
}
