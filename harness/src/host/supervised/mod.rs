//! A host as its user sees it, whichever kind it is.
//!
//! Everything of it belongs to a supervisor ([`super::supervisor`]) with a life of its own; this is the client's side.

mod launch;
mod link;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use futures::future::BoxFuture;
use kube::config::Kubeconfig;
use tenantbench_reports::HostReady;
use tokio::sync::watch;

use self::launch::Owned;
pub use self::link::Link;
use super::{
    Host, HostError, HostKind, HostSpec, SUPERVISOR,
    folder::{RunFolder, RunName},
    gc,
    supervisor::{Reply, Request, Status},
};

/// Why a host that was ready no longer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breakage {
    /// One line for a person, such as `etcd was killed by SIGKILL; …`.
    pub message: String,
    /// The last lines of the log that tells more.
    pub tail: Vec<String>,
}

/// A host, seen from outside its supervisor.
#[derive(Debug)]
pub struct SupervisedHost {
    folder: RunFolder,
    status: Status,
    facts: HostReady,
    admin: Kubeconfig,
    /// None for a host that somebody else started.
    owned: Mutex<Option<Owned>>,
    broken: watch::Receiver<Option<Breakage>>,
}

impl SupervisedHost {
    /// Starts a host and waits until it is ready. `progress` gets a line for each thing that is waited for.
    ///
    /// Until [`Host::keep`] is called, the host goes down with this value, and with this process.
    ///
    /// # Errors
    /// When the host does not come up; nothing of it is left then.
    pub async fn start(spec: &HostSpec, progress: impl Fn(&str) + Send) -> Result<Self, HostError> {
        Self::start_unless(spec, progress, std::future::pending()).await
    }

    /// As [`SupervisedHost::start`], but gives up when `cancelled` resolves, and returns when nothing is left.
    ///
    /// # Errors
    /// Also [`HostError::Interrupted`].
    pub async fn start_unless(
        spec: &HostSpec,
        progress: impl Fn(&str) + Send,
        cancelled: impl Future<Output = ()>,
    ) -> Result<Self, HostError> {
        let begun = tokio::time::Instant::now();
        let (mut owned, folder) = launch::launch(spec)?;
        let ready = tokio::select! {
            ready = owned.until_ready(begun, &progress) => ready,
            () = cancelled => Err(HostError::Interrupted),
        };
        let ready = match ready {
            Ok(ready) => ready,
            Err(error) => {
                // The supervisor cleans up and ends; if it was killed, it is up to us.
                owned.ended().await;
                drop(gc::remove_run(&folder).await);
                return Err(error);
            }
        };
        let broken = owned.watch_breakage();
        Self::new(folder, ready, Some(owned), broken)
    }

    /// Reaches a host that runs already.
    ///
    /// # Errors
    /// When there is none of this name, or it is not ready.
    pub async fn connect(runs: &Path, name: &RunName) -> Result<Self, HostError> {
        let folder = RunFolder::at(runs.join(name.to_string()));
        let status = Link::open(&folder).await?.status().await?;
        let (_, broken) = watch::channel(None);
        Self::new(folder, status, None, broken)
    }

    fn new(
        folder: RunFolder,
        status: Status,
        owned: Option<Owned>,
        broken: watch::Receiver<Option<Breakage>>,
    ) -> Result<Self, HostError> {
        let path = folder.admin_kubeconfig();
        let admin = Kubeconfig::read_from(&path)
            .map_err(|error| HostError::Kubeconfig { path, reason: error.to_string() })?;
        let facts = status
            .facts
            .clone()
            .ok_or_else(|| HostError::Supervisor(format!("says that {} is not ready", status.name)))?;
        Ok(Self { folder, status, facts, admin, owned: Mutex::new(owned), broken })
    }

    /// Becomes some when a process that the host needs ends. Only the one who started the host hears of it.
    pub fn broken(&self) -> watch::Receiver<Option<Breakage>> {
        self.broken.clone()
    }

    /// The supervisor's process id.
    pub fn supervisor(&self) -> u32 {
        self.status.supervisor.pid
    }

    /// The API server's address for programs on this machine.
    pub fn api_server(&self) -> &str {
        &self.status.api_server
    }

    /// Takes the host down, waits until nothing of it is left, and says what was removed, a line each.
    ///
    /// # Errors
    /// When something could not be removed.
    pub async fn take_down(&self) -> Result<Vec<String>, HostError> {
        let removed = take_down(&self.folder).await?;
        let owned = self.owned.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(owned) = owned {
            owned.ended().await;
        }
        Ok(removed)
    }

    async fn ask(&self, request: &Request) -> Result<Reply, HostError> {
        Link::open(&self.folder).await?.ask(request).await
    }
}

/// Takes the host of a run folder down, also one whose supervisor was killed.
///
/// # Errors
/// When something could not be removed.
pub async fn take_down(folder: &RunFolder) -> Result<Vec<String>, HostError> {
    match Link::open(folder).await {
        Ok(mut link) => link.down().await,
        // Nobody answers: whatever is left is ours to remove.
        Err(HostError::Unknown(_)) if folder.path().exists() => gc::remove_run(folder).await,
        Err(error) => Err(error),
    }
}

impl Host for SupervisedHost {
    fn facts(&self) -> &HostReady {
        &self.facts
    }

    fn admin(&self) -> &Kubeconfig {
        &self.admin
    }

    fn service_cidr(&self) -> &str {
        &self.status.service_cidr
    }

    fn forward<'a>(
        &'a self,
        namespace: &'a str,
        service: &'a str,
        port: u16,
    ) -> BoxFuture<'a, Result<SocketAddr, HostError>> {
        Box::pin(async move {
            let request = Request::Forward { namespace: namespace.into(), service: service.into(), port };
            match self.ask(&request).await? {
                Reply::Forwarded { address } => Ok(address),
                other => Err(unexpected(&other)),
            }
        })
    }

    fn processes(&self) -> BTreeMap<String, u32> {
        let mut all = self.status.processes.clone();
        // Of a host of containers, the supervisor is no part: the servers are elsewhere.
        if self.status.kind == HostKind::Local {
            all.insert(SUPERVISOR.to_owned(), self.supervisor());
        }
        all
    }

    fn folder(&self) -> Option<PathBuf> {
        Some(self.folder.path().to_owned())
    }

    fn audit_log(&self) -> Option<PathBuf> {
        Some(self.status.audit_log.clone())
    }

    fn containers(&self) -> &[String] {
        &self.status.containers
    }

    fn save_logs<'a>(&'a self, folder: &'a Path) -> BoxFuture<'a, Result<(), HostError>> {
        Box::pin(async move {
            match self.ask(&Request::Logs { to: folder.to_owned() }).await? {
                Reply::Saved => Ok(()),
                other => Err(unexpected(&other)),
            }
        })
    }

    fn failure(&self) -> BoxFuture<'_, String> {
        let mut broken = self.broken();
        Box::pin(async move {
            let message = match broken.wait_for(Option::is_some).await {
                Ok(breakage) => breakage.as_ref().map(|found| found.message.clone()),
                Err(_) => None,
            };
            match message {
                Some(message) => message,
                // Nobody watches over a host that somebody else started.
                None => std::future::pending().await,
            }
        })
    }

    fn down<'a>(&'a self) -> BoxFuture<'a, Result<(), HostError>> {
        Box::pin(async move { self.take_down().await.map(drop) })
    }

    fn keep<'a>(&'a self) -> BoxFuture<'a, Result<(), HostError>> {
        Box::pin(async move {
            match self.ask(&Request::Keep).await? {
                Reply::Kept => Ok(()),
                other => Err(unexpected(&other)),
            }
        })
    }
}

fn unexpected(reply: &Reply) -> HostError {
    match reply {
        Reply::Error { message } => HostError::failed(message.clone()),
        other => HostError::Supervisor(format!("gave an answer to another question: {other:?}")),
    }
}
