//! The watch of a kind in all namespaces of the host: from when on it shows everything, and whether it may.

use std::{sync::Arc, time::Duration};

use kube::{Client, api::ListParams};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{
    super::{
        Watch,
        feed::{Feed, Problem},
        until,
    },
    Loss, Router, Sharing,
};
use crate::{
    client::WatchClients,
    retry,
    role::{Lack, lack_to_watch_everywhere},
    run::Health,
    write::LONGEST_CALL,
};

/// How often it is asked whether the right to watch everywhere has come or gone.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// So often in a row a right is asked for before it counts as taken away, about 15 s in all: an API server that has just
/// started refuses what it will allow.
const ASK: u32 = 10;

pub(super) struct Source {
    pub(super) watch: Watch,
    pub(super) requests: Client,
    pub(super) watches: WatchClients,
    pub(super) health: Health,
    pub(super) router: Arc<Router>,
    pub(super) sharing: watch::Sender<Sharing>,
}

/// Why a watch has come to its end.
enum End {
    /// The host does not know any more what has changed since.
    Gone,
    /// It is not allowed any more, or never was.
    Refused(Lack),
}

impl Source {
    /// Watches until `stop`, where it may; where not, it asks again now and then.
    pub(super) async fn run(self, stop: CancellationToken) {
        let pulse = self.health.pulse(&format!("{} of all tenants", self.watch));
        until(&stop, &pulse, self.follow()).await;
        pulse.end();
    }

    async fn follow(&self) {
        loop {
            let lack = match self.lack().await {
                Some(lack) => lack,
                None => self.together().await,
            };
            self.apart(&lack);
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Watches in all namespaces for as long as that is allowed; returns what is not any more.
    async fn together(&self) -> Lack {
        loop {
            let version = match self.position().await {
                Ok(version) => version,
                Err(lack) => return lack,
            };
            // Who lists after this finds all that the watch will not show. Who waits to be told how has not listed yet.
            if *self.sharing.borrow() != Sharing::Unknown {
                self.router.lose(Loss::Gap);
            }
            self.tell(Sharing::Together, None);
            match self.watch_from(version).await {
                End::Gone => {
                    tracing::debug!(watch = %self.watch, "the host has forgotten what came since; all list anew")
                }
                End::Refused(lack) => return lack,
            }
        }
    }

    /// The version from which on changes will be seen.
    async fn position(&self) -> Result<String, Lack> {
        // Nothing of it is wanted but its version.
        let one = ListParams { limit: Some(1), label_selector: self.labels(), ..ListParams::default() };
        let mut failures = 0;
        loop {
            let api = self.watch.api(self.requests.clone());
            let problem = match tokio::time::timeout(LONGEST_CALL, api.list_metadata(&one)).await {
                Ok(Ok(list)) => match list.metadata.resource_version {
                    Some(version) if !version.is_empty() => return Ok(version),
                    _ => "a list without a version".to_owned(),
                },
                Ok(Err(error)) => {
                    self.refused(&error).await?;
                    error.to_string()
                }
                Err(_) => "no answer in time".to_owned(),
            };
            tracing::debug!(watch = %self.watch, problem, "the host cannot be listed yet");
            tokio::time::sleep(retry::delay(failures)).await;
            failures += 1;
        }
    }

    /// Hands out all changes since a version, however often the watch is interrupted.
    async fn watch_from(&self, mut version: String) -> End {
        tokio::select! {
            end = self.watch_on(&mut version) => end,
            lack = self.is_revoked() => End::Refused(lack),
        }
    }

    async fn watch_on(&self, version: &mut String) -> End {
        let mut failures = 0;
        loop {
            let before = version.clone();
            match self.watch_once(version).await {
                Ok(()) => {}
                Err(Problem::Gone(_)) => return End::Gone,
                Err(Problem::Ended(error) | Problem::Unread(error)) => {
                    self.interrupted(&error);
                    if let Err(lack) = self.refused(&error).await {
                        return End::Refused(lack);
                    }
                }
            }
            failures = if *version == before { failures + 1 } else { 0 };
            tokio::time::sleep(retry::delay(failures)).await;
        }
    }

    /// One watch, until it ends.
    async fn watch_once(&self, version: &mut String) -> Result<(), Problem> {
        let lease =
            self.watches.lease(1).map_err(|error| Problem::Ended(kube::Error::Service(error.into())))?;
        let mut feed = Feed::open(&self.watch, lease.client().clone(), version).await?;
        loop {
            match feed.next(version).await {
                Ok(Some(change)) => self.router.route(&change),
                Ok(None) => return Ok(()),
                Err(Problem::Unread(error)) => self.interrupted(&error),
                Err(problem) => return Err(problem),
            }
        }
    }

    fn interrupted(&self, error: &kube::Error) {
        self.health.metrics().interrupted(self.watch.side, self.watch.kind);
        tracing::debug!(watch = %self.watch, %error, "the watch is interrupted");
    }

    fn labels(&self) -> Option<String> {
        self.watch.selection.labels()
    }

    /// What of the rights is lacking, as soon as the host says.
    async fn lack(&self) -> Option<Lack> {
        let mut failures = 0;
        loop {
            let asked = lack_to_watch_everywhere(&self.requests, self.watch.kind.api());
            match tokio::time::timeout(LONGEST_CALL, asked).await {
                Ok(Ok(lack)) => return lack,
                Ok(Err(error)) => {
                    tracing::debug!(watch = %self.watch, %error, "the host does not say what is allowed")
                }
                Err(_) => {
                    tracing::debug!(watch = %self.watch, "the host does not say in time what is allowed")
                }
            }
            tokio::time::sleep(retry::delay(failures)).await;
            failures += 1;
        }
    }

    /// Whether what was refused is so for good.
    async fn refused(&self, error: &kube::Error) -> Result<(), Lack> {
        match error {
            kube::Error::Api(status) if matches!(status.code, 401 | 403) => self.is_lacking().await,
            _ => Ok(()),
        }
    }

    async fn is_lacking(&self) -> Result<(), Lack> {
        let mut last = self.lack().await;
        for failures in 1..ASK {
            if last.is_none() {
                return Ok(());
            }
            tokio::time::sleep(retry::delay(failures)).await;
            last = self.lack().await;
        }
        last.map_or(Ok(()), Err)
    }

    /// Returns when the rights are gone. A watch that is open goes on without them.
    async fn is_revoked(&self) -> Lack {
        loop {
            tokio::time::sleep(LOOK_AGAIN).await;
            if let Err(lack) = self.is_lacking().await {
                return lack;
            }
        }
    }

    /// Each tenant is to watch its own namespace.
    fn apart(&self, lack: &Lack) {
        self.tell(Sharing::Apart, Some(lack));
        self.router.lose(Loss::Rights);
    }

    fn tell(&self, way: Sharing, lack: Option<&Lack>) {
        let before = self.sharing.send_replace(way);
        if before == way {
            return;
        }
        let (kind, resource) = (self.watch.kind, self.watch.kind.watched_as());
        let lack = lack.map(Lack::to_string);
        self.health.host_watch(kind, lack.as_deref());
        let lack = lack.unwrap_or_default();
        match (before, way) {
            (Sharing::Together, _) => tracing::warn!(
                resource,
                "the right to {lack} in all namespaces was taken away; each tenant's namespace is watched by itself now"
            ),
            (_, Sharing::Apart) => tracing::info!(
                resource,
                "each tenant's namespace is watched by itself, for the syncer may not {lack} in all of them; grant what \
                 `role --watch-everywhere` prints to have one watch for all"
            ),
            _ => tracing::info!(resource, "one watch of the host is for all tenants"),
        }
    }
}
