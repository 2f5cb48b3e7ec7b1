//! Starts the process that carries a way, and ends it.

use std::{os::fd::AsRawFd, process::Stdio, time::Duration};

use kube::config::Kubeconfig;
use nix::sys::signal::Signal;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};
use tokio_util::sync::CancellationToken;

use super::{Config, FirstWord, Open, Place, ReachError};
use crate::{
    host::{
        folder::{RunFolder, is_live},
        gc,
    },
    process::{RUN_VARIABLE, detach_with},
    tenancy::vcluster::PlaneNames,
};

/// How long a process that was told to end may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The way that is open already, if one is.
pub fn under_way(place: &Place) -> Option<Open> {
    place.open()
}

/// Opens a way to a virtual cluster that outlives us, unless `shutdown` is cancelled before it is open.
///
/// # Errors
/// [`ReachError`]; nothing is left then.
pub async fn start(
    place: &Place,
    host: Kubeconfig,
    admin: Kubeconfig,
    names: &PlaneNames,
    shutdown: &CancellationToken,
) -> Result<Open, ReachError> {
    if !is_live(&place.folder()) {
        gc::remove_run(&place.folder()).await?;
    }
    let (folder, lock) = RunFolder::create(&place.parent, &place.name)?;
    let config = Config {
        lock: lock.file().as_raw_fd(),
        host,
        admin,
        namespace: names.namespace.clone(),
        stateful_set: names.stateful_set.clone(),
        pod: names.pod(),
        folder: folder.clone(),
    };
    let opened = launch(&config, lock.file(), shutdown).await;
    if opened.is_err() {
        drop(lock);
        gc::remove_run(&folder).await?;
    }
    opened
}

async fn launch(
    config: &Config,
    lock: &std::fs::File,
    shutdown: &CancellationToken,
) -> Result<Open, ReachError> {
    let prepare = || ReachError::io("cannot prepare the port-forward");
    let text = serde_json::to_string(config).map_err(|error| prepare()(error.into()))?;
    let path = config.folder.write_secret("config.json", &text).map_err(prepare())?;
    let log = fs_err::File::create(config.folder.join("forward.log")).map_err(prepare())?.into_parts().0;
    let mut command = Command::new(std::env::current_exe().map_err(prepare())?);
    command.args(["internal", "forward", "--config"]).arg(path);
    command.env(RUN_VARIABLE, config.folder.path()).current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    detach_with(&mut command, lock);
    let mut process = command.spawn().map_err(prepare())?;
    let pipe = process.stdout.take().ok_or_else(|| ReachError::Failed("it has no output".into()))?;
    let mut lines = BufReader::new(pipe).lines();
    let word = tokio::select! {
        word = lines.next_line() => word.map_err(prepare())?,
        () = shutdown.cancelled() => {
            // It has the lock, so its folder cannot go before it.
            process.kill().await.map_err(prepare())?;
            return Err(ReachError::Interrupted);
        }
    };
    match word.and_then(|line| serde_json::from_str(&line).ok()) {
        Some(FirstWord::Open(open)) => Ok(open),
        Some(FirstWord::Failed(reason)) => Err(ReachError::Failed(reason)),
        None => {
            let words = crate::process::last_lines(&config.folder.join("forward.log"), 1);
            Err(ReachError::Failed(
                words.into_iter().next().unwrap_or_else(|| "it ended without a word".into()),
            ))
        }
    }
}

/// Closes a way. False if none was open; what a killed process left of it is removed.
///
/// # Errors
/// When the process does not end, or its files cannot be removed.
pub async fn end(place: &Place) -> Result<bool, ReachError> {
    let Some(open) = place.open() else {
        let removed = gc::remove_run(&place.folder()).await?;
        return Ok(!removed.is_empty());
    };
    open.process.signal(Signal::SIGTERM);
    let waited = tokio::task::spawn_blocking(move || open.process.wait_ended(PATIENCE)).await;
    let ended = waited.map_err(std::io::Error::other).and_then(|ended| ended);
    if !ended.map_err(ReachError::io("cannot wait for the port-forward"))? {
        return Err(ReachError::Stays(open.process.pid));
    }
    // It removes its folder itself, unless it was killed.
    gc::remove_run(&place.folder()).await?;
    Ok(true)
}
