//! A running child, and how it ends.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use nix::{
    errno::Errno,
    sys::{
        signal::{Signal, killpg},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};
use tokio::{process::Child, sync::watch, time};

use super::{Exit, Identity, last_lines};

/// A child process that is watched. Clones are handles to the same child; dropping them does not end it.
#[derive(Clone, Debug)]
pub struct Process {
    name: Arc<str>,
    identity: Identity,
    log: Arc<Path>,
    exit: watch::Receiver<Option<Exit>>,
}

impl Process {
    /// Watches a child that leads its own process group; none if it was gone before it could be identified.
    pub(crate) fn watch(name: &str, mut child: Child, log: &Path) -> Option<Self> {
        // The child has not been waited for, so its id, even as a zombie's, still means it.
        let identity = Identity::of(child.id()?)?;
        let (ended, exit) = watch::channel(None);
        tokio::spawn(async move {
            let exit = child.wait().await.map_or(Exit::Unknown, Exit::from);
            sweep_group(identity.raw()).await;
            ended.send_replace(Some(exit));
        });
        Some(Self { name: name.into(), identity, log: log.into(), exit })
    }

    /// The name that messages use.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.identity.pid
    }

    /// The process id with the start time.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// The file that takes stdout and stderr.
    pub fn log(&self) -> PathBuf {
        self.log.to_path_buf()
    }

    /// The last lines of its log that are not blank.
    pub fn last_lines(&self, count: usize) -> Vec<String> {
        last_lines(&self.log, count)
    }

    /// Waits until the process and its whole group are gone, and tells how the process ended.
    pub async fn exited(&self) -> Exit {
        let mut exit = self.exit.clone();
        let ended = exit.wait_for(Option::is_some).await;
        ended.ok().and_then(|exit| *exit).unwrap_or(Exit::Unknown)
    }

    /// How it ended, if it has.
    pub fn exit(&self) -> Option<Exit> {
        *self.exit.borrow()
    }

    /// Asks it to end, waits up to `grace`, then kills its group. Returns when it is gone.
    pub async fn stop(&self, grace: Duration) -> Exit {
        if self.exit().is_none() {
            self.identity.signal(Signal::SIGTERM);
        }
        match time::timeout(grace, self.exited()).await {
            Ok(exit) => exit,
            Err(_) => {
                self.kill();
                self.exited().await
            }
        }
    }

    /// Kills it and its group at once. Wait for [`Process::exited`] to know that they are gone.
    pub fn kill(&self) {
        if self.exit().is_none() {
            self.identity.signal(Signal::SIGKILL);
        }
    }
}

/// Kills what the leader left of its group, and reaps those of them that became our children.
async fn sweep_group(group: Pid) {
    if killpg(group, Signal::SIGKILL).is_err() {
        return;
    }
    let reap = move || while reaped(waitpid(Pid::from_raw(-group.as_raw()), Some(WaitPidFlag::empty()))) {};
    drop(tokio::task::spawn_blocking(reap).await);
}

fn reaped(result: nix::Result<WaitStatus>) -> bool {
    matches!(result, Ok(_) | Err(Errno::EINTR))
}
