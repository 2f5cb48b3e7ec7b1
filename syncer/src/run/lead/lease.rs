//! The Lease on the host: followed by a watch, written with its version, so that of two writers one fails.

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use futures::TryStreamExt;
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
};
use kube::{
    Api, Client, ResourceExt,
    api::{ObjectMeta, PostParams},
    runtime::{
        WatchStreamExt,
        watcher::{self, Event},
    },
};
use parking_lot::Mutex;
use tokio::{sync::watch, task::JoinHandle};

use super::{
    DURATION, Election,
    decide::{Known, Step, decide},
};
use crate::retry::Patience;

/// One Lease, as one replica sees and writes it.
pub(super) struct LeaseApi {
    api: Api<Lease>,
    name: String,
    identity: String,
    /// As it was last written here.
    ours: Mutex<Option<Lease>>,
}

impl LeaseApi {
    pub(super) fn new(client: Client, election: &Election) -> Self {
        Self {
            api: Api::namespaced(client, &election.namespace),
            name: election.name.clone(),
            identity: election.identity.clone(),
            ours: Mutex::default(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Watches it until what is returned is dropped.
    pub(super) fn follow(&self) -> Seen {
        let (sender, known) = watch::channel(None);
        let task = tokio::spawn(follow(self.api.clone(), self.name.clone(), sender));
        Seen { known, task }
    }

    /// Makes it ours.
    pub(super) async fn take(&self, seen: &Seen) -> kube::Result<()> {
        let version = seen.known.borrow().as_ref().and_then(|known| known.version.clone());
        let lease = self.lease(version.clone(), &self.identity);
        let params = PostParams::default();
        let written = match version {
            None => self.api.create(&params, &lease).await?,
            Some(_) => self.api.replace(&self.name, &params, &lease).await?,
        };
        *self.ours.lock() = Some(written);
        Ok(())
    }

    /// Says that it is still ours. Returns whether it is.
    pub(super) async fn renew(&self) -> kube::Result<bool> {
        let version = self.ours.lock().as_ref().and_then(ResourceExt::resource_version);
        let lease = self.lease(version, &self.identity);
        match self.api.replace(&self.name, &PostParams::default(), &lease).await {
            Ok(written) => *self.ours.lock() = Some(written),
            // An earlier try may have been carried out, and its answer lost.
            Err(kube::Error::Api(status)) if status.code == 409 => {
                let present = self.api.get(&self.name).await?;
                if holder(&present) != self.identity {
                    return Ok(false);
                }
                *self.ours.lock() = Some(present);
                return Box::pin(self.renew()).await;
            }
            Err(kube::Error::Api(status)) if status.code == 404 => return Ok(false),
            Err(error) => return Err(error),
        }
        Ok(true)
    }

    /// Gives it back.
    pub(super) async fn release(&self) -> kube::Result<()> {
        let version = self.ours.lock().take().and_then(|lease| lease.resource_version());
        let lease = self.lease(version, "");
        self.api.replace(&self.name, &PostParams::default(), &lease).await.map(|_| ())
    }

    fn lease(&self, version: Option<String>, holder: &str) -> Lease {
        Lease {
            metadata: ObjectMeta {
                name: Some(self.name.clone()),
                resource_version: version,
                ..ObjectMeta::default()
            },
            spec: Some(LeaseSpec {
                holder_identity: Some(holder.to_owned()),
                lease_duration_seconds: i32::try_from(DURATION.as_secs()).ok(),
                renew_time: Some(MicroTime(k8s_openapi::jiff::Timestamp::now())),
                ..LeaseSpec::default()
            }),
        }
    }
}

/// What a watch says of a Lease.
pub(super) struct Seen {
    known: watch::Receiver<Option<Known>>,
    task: JoinHandle<()>,
}

impl Drop for Seen {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Seen {
    pub(super) fn step(&mut self, least: Duration) -> Step {
        decide(self.known.borrow_and_update().as_ref(), least, Instant::now())
    }

    pub(super) fn holder(&self) -> String {
        self.known.borrow().as_ref().map(|known| known.holder.clone()).unwrap_or_default()
    }

    /// Returns when it has changed, or at a time.
    pub(super) async fn changed_or(&mut self, until: Option<Instant>) {
        let changed = self.known.changed();
        match until {
            None => drop(changed.await),
            Some(until) => drop(tokio::time::timeout_at(until.into(), changed).await),
        }
    }
}

async fn follow(api: Api<Lease>, name: String, known: watch::Sender<Option<Known>>) {
    let selected = watcher::Config::default().fields(&format!("metadata.name={name}"));
    let mut events = pin!(watcher::watcher(api, selected).backoff(Patience::default()));
    let mut is_there = false;
    loop {
        match events.try_next().await {
            Ok(Some(Event::Init)) => is_there = false,
            Ok(Some(Event::InitApply(lease) | Event::Apply(lease))) => {
                is_there = true;
                see(&known, &lease);
            }
            Ok(Some(Event::InitDone)) if is_there => {}
            Ok(Some(Event::InitDone | Event::Delete(_))) => drop(known.send_replace(Some(Known::default()))),
            Ok(None) => return,
            Err(error) => tracing::debug!(%error, "the watch on the Lease is interrupted"),
        }
    }
}

/// Takes in a Lease. One that a list shows again has not been renewed by that.
fn see(known: &watch::Sender<Option<Known>>, lease: &Lease) {
    let version = lease.resource_version();
    known.send_if_modified(|known| {
        if known.as_ref().is_some_and(|known| known.version == version) {
            return false;
        }
        let seconds = lease.spec.as_ref().and_then(|spec| spec.lease_duration_seconds).unwrap_or_default();
        *known = Some(Known {
            holder: holder(lease).to_owned(),
            duration: Duration::from_secs(u64::try_from(seconds).unwrap_or_default()),
            version,
            seen: Some(Instant::now()),
        });
        true
    });
}

fn holder(lease: &Lease) -> &str {
    lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_deref()).unwrap_or_default()
}
