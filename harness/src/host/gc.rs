//! Removes what killed runs left. A run whose lock is held is never touched.

use std::path::Path;

use super::{
    HostError,
    folder::{RunFolder, RunLock, RunName, is_live},
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
pub fn remove_run(folder: &RunFolder) -> Result<Vec<String>, HostError> {
    if !folder.path().exists() {
        return Ok(Vec::new());
    }
    let context = || format!("cannot remove {}", folder.path().display());
    // Held until the folder is gone, so that nobody starts a run in it meanwhile.
    let Some(_lock) = RunLock::take(folder).map_err(HostError::io(context()))? else {
        return Ok(Vec::new());
    };
    let mut removed = kill(folder);
    fs_err::remove_dir_all(folder.path()).map_err(HostError::io(context()))?;
    removed.push(format!("folder {}", folder.path().display()));
    Ok(removed)
}

/// Kills until none is left: one that is being killed may just have started another.
fn kill(folder: &RunFolder) -> Vec<String> {
    const ROUNDS: usize = 20;
    let mut killed = Vec::new();
    for _ in 0..ROUNDS {
        let alive = processes(folder);
        if alive.is_empty() {
            break;
        }
        for Entry { name, identity } in alive {
            if identity.signal(nix::sys::signal::Signal::SIGKILL) {
                killed.push(format!("process {} ({name})", identity.pid));
            }
        }
        // A killed process takes a moment to go, and nothing tells those who are not its parent.
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    killed.dedup();
    killed
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
