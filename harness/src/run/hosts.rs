//! Which host a round runs on: one that models share, or a new one where the model needs it.

use std::{sync::Arc, time::Duration};

use tenantbench_reports::{Event, HostReady};

use super::{RunError, recorder::Recorder};
use crate::{host::Host, tenancy::Platform};

/// Makes hosts.
pub trait HostFactory: Send + Sync {
    /// Starts a new host, ready for tenants.
    fn start(&self) -> futures::future::BoxFuture<'_, Result<Arc<dyn Host>, RunError>>;
}

/// The hosts of one run.
pub struct Hosts<'a> {
    factory: &'a dyn HostFactory,
    recorder: &'a Recorder,
    run: String,
    limit: Duration,
    alive: Vec<Arc<dyn Host>>,
    shared: Option<Arc<Platform>>,
}

impl<'a> Hosts<'a> {
    /// No host yet; `limit` is for each wait on them.
    pub fn new(factory: &'a dyn HostFactory, recorder: &'a Recorder, run: &str, limit: Duration) -> Self {
        Self { factory, recorder, run: run.to_owned(), limit, alive: Vec::new(), shared: None }
    }

    /// The host that models share; started when first asked for.
    pub async fn shared(&mut self) -> Result<Arc<Platform>, RunError> {
        if let Some(platform) = &self.shared {
            return Ok(Arc::clone(platform));
        }
        let platform = self.start(None).await?;
        self.shared = Some(Arc::clone(&platform));
        Ok(platform)
    }

    /// A new host for one round of one model.
    pub async fn own(&mut self, round: u32, model: &str) -> Result<Arc<Platform>, RunError> {
        self.start(Some((round, model.to_owned()))).await
    }

    async fn start(&mut self, only_for: Option<(u32, String)>) -> Result<Arc<Platform>, RunError> {
        let host = self.factory.start().await?;
        self.alive.push(Arc::clone(&host));
        self.recorder.emit(Event::HostReady(HostReady { only_for, ..host.facts().clone() }));
        let platform = Platform::new(host, self.run.clone(), self.limit).await?;
        platform.settled().await?;
        Ok(Arc::new(platform))
    }

    /// Takes one host down, if it is still there.
    pub async fn down(&mut self, platform: &Platform) -> Result<(), RunError> {
        let place = self.alive.iter().position(|host| Arc::ptr_eq(host, &platform.host));
        if let Some(place) = place {
            self.alive.swap_remove(place).down().await?;
        }
        Ok(())
    }

    /// Takes all hosts down, or leaves them running; the first error is returned when all were tried.
    pub async fn finish(&mut self, keep: bool) -> Result<(), RunError> {
        self.shared = None;
        let mut outcome = Ok(());
        for host in self.alive.drain(..) {
            let ended = if keep { host.keep().await } else { host.down().await };
            outcome = outcome.and(ended.map_err(RunError::from));
        }
        outcome
    }
}
