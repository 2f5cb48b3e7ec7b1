//! What a supervisor owns: a host of one kind or the other, with the same life.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use tenantbench_reports::HostReady;

use super::{
    Config,
    local::{LocalConfig, LocalPlant},
    nodes::Nodes,
    output::Output,
};
use crate::{
    host::{
        Blueprint, HostError,
        folder::RunFolder,
        kind::{Collector, Forwards, KindPlant},
    },
    process::Spawner,
};

/// A host, as far as it has come.
#[derive(Debug)]
pub(super) enum Plant {
    Local(Box<LocalPlant>),
    Kind(Box<KindPlant>),
}

/// Opens ways to Services; a handle that can be kept.
#[derive(Clone, Debug)]
pub(super) enum Forwarder {
    Local(Nodes),
    Kind(Forwards),
}

/// Saves what the host has logged; a handle that can be kept.
#[derive(Clone, Debug)]
pub(super) struct Logs {
    folder: RunFolder,
    containers: Option<Collector>,
}

impl Plant {
    pub(super) fn new(config: &Config, spawner: Spawner, output: Output) -> Self {
        match &config.blueprint {
            Blueprint::Local(blueprint) => {
                let config = LocalConfig {
                    folder: config.folder.clone(),
                    executable: config.executable.clone(),
                    start_timeout: config.start_timeout,
                    blueprint: blueprint.clone(),
                };
                Self::Local(Box::new(LocalPlant::new(config, spawner, output)))
            }
            Blueprint::Kind(blueprint) => {
                let (folder, limit) = (config.folder.clone(), config.start_timeout);
                Self::Kind(Box::new(KindPlant::new(folder, limit, blueprint.clone(), output)))
            }
        }
    }

    /// Brings the host up. On failure, and when dropped half-way, what runs already is still known to `stop`.
    pub(super) async fn start(&mut self) -> Result<HostReady, HostError> {
        match self {
            Self::Local(plant) => plant.start().await,
            Self::Kind(plant) => plant.start().await,
        }
    }

    /// Waits until something that the host needs ends, and says how. Never returns while all is well.
    pub(super) async fn failure(&self) -> HostError {
        match self {
            Self::Local(plant) => plant.failure().await,
            Self::Kind(plant) => plant.failure().await,
        }
    }

    /// The host's processes on this machine by component.
    pub(super) fn processes(&self) -> BTreeMap<String, u32> {
        match self {
            Self::Local(plant) => plant.servers.pids(),
            Self::Kind(_) => BTreeMap::new(),
        }
    }

    /// The containers that are nodes.
    pub(super) fn containers(&self) -> Vec<String> {
        match self {
            Self::Local(_) => Vec::new(),
            Self::Kind(plant) => plant.nodes().to_vec(),
        }
    }

    /// The API server's address for programs on this machine.
    pub(super) fn api_server(&self) -> &str {
        match self {
            Self::Local(plant) => &plant.api_server,
            Self::Kind(plant) => plant.api_server(),
        }
    }

    /// Where the API server's audit log grows.
    pub(super) fn audit_log(&self) -> PathBuf {
        match self {
            Self::Local(plant) => plant.folder().audit_log(),
            Self::Kind(plant) => plant.audit_log(),
        }
    }

    /// None before the host is ready.
    pub(super) fn forwarder(&self) -> Option<Forwarder> {
        match self {
            Self::Local(plant) => plant.nodes.clone().map(Forwarder::Local),
            Self::Kind(plant) => plant.forwards().map(Forwarder::Kind),
        }
    }

    pub(super) fn logs(&self) -> Logs {
        match self {
            Self::Local(plant) => Logs { folder: plant.folder().clone(), containers: None },
            Self::Kind(plant) => Logs { folder: plant.folder().clone(), containers: Some(plant.collector()) },
        }
    }

    /// Takes down what runs. Returns what was stopped, a line each.
    ///
    /// # Errors
    /// When something cannot be removed; it is still there for `gc`.
    pub(super) async fn stop(&mut self) -> Result<Vec<String>, HostError> {
        match self {
            Self::Local(plant) => Ok(plant.stop().await),
            Self::Kind(plant) => plant.stop().await,
        }
    }
}

impl Forwarder {
    /// Opens a way from this machine to a port of a Service.
    pub(super) async fn forward(
        &self,
        namespace: &str,
        service: &str,
        port: u16,
    ) -> Result<SocketAddr, HostError> {
        match self {
            Self::Local(nodes) => nodes.forward(namespace, service, port).await,
            Self::Kind(forwards) => forwards.open(namespace, service, port).await,
        }
    }
}

impl Logs {
    /// Copies what is in the run folder, and asks the containers for theirs.
    pub(super) async fn save(&self, to: &Path) -> Result<(), HostError> {
        let context = || HostError::io("cannot save the host's logs");
        fs_err::create_dir_all(to).map_err(context())?;
        for entry in fs_err::read_dir(self.folder.join("logs")).map_err(context())?.flatten() {
            fs_err::copy(entry.path(), to.join(entry.file_name())).map_err(context())?;
        }
        match &self.containers {
            Some(collector) => collector.collect(to).await,
            None => Ok(()),
        }
    }
}
