//! Removes what killed runs left. A run whose lock is held is never touched.

use std::{collections::BTreeSet, path::Path, time::Duration};

use nix::sys::signal::Signal;

use super::{
    Blueprint, HostError,
    folder::{RunFolder, RunLock, RunName, is_live},
    kind::{self, DockerError},
    supervisor::Config,
};
use crate::process::{Entry, of_run};

/// What a killed run left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// The run's name.
    pub name: RunName,
    /// Its folder.
    pub folder: RunFolder,
    /// Its processes that still run.
    pub processes: Vec<Entry>,
}

/// Finds what killed runs left under `runs`.
///
/// # Errors
/// When the folder cannot be read.
pub fn leftovers(runs: &Path) -> Result<Vec<Leftover>, HostError> {
    let all = RunFolder::all(runs).map_err(HostError::io("cannot list the runs"))?;
    let dead = all.into_iter().filter(|(_, folder)| !is_live(folder));
    Ok(dead.map(|(name, folder)| Leftover { name, processes: processes(&folder), folder }).collect())
}

/// Kills the processes of a run and removes its folder, unless the run lives. Returns what was removed, a line each.
///
/// # Errors
/// When something could not be removed.
pub async fn remove_run(folder: &RunFolder) -> Result<Vec<String>, HostError> {
    if !folder.path().exists() {
        return Ok(Vec::new());
    }
    let context = || format!("cannot remove {}", folder.path().display());
    // Held until the folder is gone, so that nobody starts a run in it meanwhile.
    let Some(_lock) = RunLock::take(folder).map_err(HostError::io(context()))? else {
        return Ok(Vec::new());
    };
    let cluster = cluster_of(folder);
    if cluster.is_some() {
        kind::end_creation(folder).map_err(HostError::io(context()))?;
    }
    let mut removed = kill(folder).map_err(HostError::io(context()))?;
    if let Some(cluster) = cluster {
        removed.extend(kind::remove(&cluster).await?);
    }
    fs_err::remove_dir_all(folder.path()).map_err(HostError::io(context()))?;
    removed.push(format!("folder {}", folder.path().display()));
    Ok(removed)
}

/// The kind cluster of a run, if it was to have one.
fn cluster_of(folder: &RunFolder) -> Option<String> {
    let config: Config = serde_json::from_slice(&fs_err::read(folder.config()).ok()?).ok()?;
    match config.blueprint {
        Blueprint::Kind(blueprint) => Some(blueprint.cluster),
        Blueprint::Local(_) => None,
    }
}

/// Finds clusters whose run folders are gone.
///
/// # Errors
/// When Docker is there and cannot be asked, or the folder cannot be read.
pub async fn orphaned_clusters(runs: &Path) -> Result<BTreeSet<String>, HostError> {
    // In this order: a run that begins in between has its folder before it has a cluster.
    let mut found = match kind::clusters(runs).await {
        Err(DockerError::Missing) => return Ok(BTreeSet::new()),
        found => found?,
    };
    for (name, _) in RunFolder::all(runs).map_err(HostError::io("cannot list the runs"))? {
        found.remove(&kind::cluster(runs, &name));
    }
    Ok(found)
}

/// How often processes are looked for. One that is being killed may just have started another.
const ROUNDS: usize = 20;
/// How long a killed process may take to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// Kills until none is left.
fn kill(folder: &RunFolder) -> std::io::Result<Vec<String>> {
    let mut killed = Vec::new();
    for _ in 0..ROUNDS {
        let alive = processes(folder);
        if alive.is_empty() {
            return Ok(killed);
        }
        for Entry { identity, .. } in &alive {
            identity.signal(Signal::SIGKILL);
        }
        for Entry { name, identity } in alive {
            let description = format!("process {} ({name})", identity.pid);
            if !identity.wait_ended(PATIENCE)? {
                return Err(std::io::Error::other(format!("{description} does not end")));
            }
            killed.push(description);
        }
    }
    Err(std::io::Error::other("its processes start others faster than they can be killed"))
}

/// The run's processes that are alive: recorded ones, and any that carries the run's mark.
fn processes(folder: &RunFolder) -> Vec<Entry> {
    let recorded = folder.ledger().read().unwrap_or_default();
    let mut all: Vec<Entry> = recorded.into_iter().filter(|entry| entry.identity.is_alive()).collect();
    for entry in of_run(folder.path()) {
        if !all.iter().any(|known| known.identity == entry.identity) {
            all.push(entry);
        }
    }
    all
}
