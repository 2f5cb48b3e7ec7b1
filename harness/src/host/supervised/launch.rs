//! Starts a supervisor and listens to it.

use std::{fs::File, io, os::fd::AsRawFd, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::watch,
    time::Instant,
};

use super::Breakage;
use crate::{
    host::{
        HostError, HostSpec,
        folder::{RunFolder, RunLock},
        supervisor::{Config, Event, Status},
    },
    process::{RUN_VARIABLE, detach_with, last_lines},
};

/// A supervisor that goes down with us.
#[derive(Debug)]
pub(super) struct Owned {
    process: Child,
    /// The pipe whose end tells the supervisor that we are gone.
    pipe: Option<ChildStdin>,
    events: Option<Lines<BufReader<ChildStdout>>>,
    folder: RunFolder,
}

/// Makes the run folder and starts a supervisor in it.
pub(super) fn launch(spec: &HostSpec) -> Result<(Owned, RunFolder), HostError> {
    let (folder, lock) = RunFolder::create(&spec.runs, &spec.name)?;
    match start(spec, &folder, &lock) {
        Ok(owned) => Ok((owned, folder)),
        Err(error) => {
            drop(fs_err::remove_dir_all(folder.path()));
            Err(error)
        }
    }
}

fn start(spec: &HostSpec, folder: &RunFolder, lock: &RunLock) -> Result<Owned, HostError> {
    let config = Config {
        name: spec.name.clone(),
        folder: folder.clone(),
        lock: lock.file().as_raw_fd(),
        executable: spec.executable.clone(),
        start_timeout: spec.start_timeout,
        logs: spec.logs.clone(),
        blueprint: spec.blueprint.clone(),
    };
    let text = serde_json::to_string_pretty(&config)
        .map_err(|error| HostError::io("cannot write the supervisor's configuration")(error.into()))?;
    let path = folder.write_secret("config.json", &text).map_err(HostError::io("cannot prepare the host"))?;
    let log = open_log(folder).map_err(HostError::io("cannot prepare the host"))?;

    let mut command = Command::new(&spec.executable);
    command.args(["internal", "host-supervisor", "--config"]).arg(path);
    command.env(RUN_VARIABLE, folder.path()).current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
    detach_with(&mut command, lock.file());
    let fail =
        |error| HostError::Supervisor(format!("cannot start ({}): {error}", spec.executable.display()));
    let mut process = command.spawn().map_err(fail)?;
    let events = process.stdout.take().map(|pipe| BufReader::new(pipe).lines());
    Ok(Owned { pipe: process.stdin.take(), events, process, folder: folder.clone() })
}

fn open_log(folder: &RunFolder) -> io::Result<File> {
    let path = folder.log("supervisor");
    fs_err::create_dir_all(folder.join("logs"))?;
    Ok(fs_err::File::create(path)?.into_parts().0)
}

impl Owned {
    /// Listens until the host is ready. The times in the answer are as seen from here, since `begun`.
    pub(super) async fn until_ready(
        &mut self,
        begun: Instant,
        progress: &(impl Fn(&str) + Send),
    ) -> Result<Status, HostError> {
        let mut api_ready = None;
        while let Some(event) = self.next_event().await {
            match event {
                Event::Progress { text } => progress(&text),
                Event::ApiReady => api_ready = Some(begun.elapsed().as_secs_f64()),
                Event::Failed { message, tail, unfit } => {
                    return Err(HostError::Failed { message, tail, unfit });
                }
                Event::Ready(mut status) => {
                    if let Some(facts) = &mut status.facts {
                        facts.api_ready_seconds = api_ready.unwrap_or(facts.api_ready_seconds);
                        facts.ready_seconds = begun.elapsed().as_secs_f64();
                    }
                    return Ok(*status);
                }
            }
        }
        let tail = last_lines(&self.folder.log("supervisor"), 8);
        let message = "the host's supervisor ended while the host came up".into();
        Err(HostError::Failed { message, tail, unfit: false })
    }

    async fn next_event(&mut self) -> Option<Event> {
        let line = self.events.as_mut()?.next_line().await.ok()??;
        serde_json::from_str(&line).ok()
    }

    /// From now on tells when the host breaks, which includes that its supervisor ends.
    pub(super) fn watch_breakage(&mut self) -> watch::Receiver<Option<Breakage>> {
        let (sender, receiver) = watch::channel(None);
        if let Some(mut events) = self.events.take() {
            tokio::spawn(async move {
                while let Ok(Some(line)) = events.next_line().await {
                    if let Ok(Event::Failed { message, tail, .. }) = serde_json::from_str(&line) {
                        sender.send_replace(Some(Breakage { message, tail }));
                        return;
                    }
                }
                let message = "the host's supervisor ended".to_owned();
                sender.send_replace(Some(Breakage { message, tail: Vec::new() }));
            });
        }
        receiver
    }

    /// Lets go of the supervisor and waits until it has ended. A host that is not kept goes down by this.
    pub(super) async fn ended(mut self) {
        drop(self.pipe.take());
        if let Err(error) = self.process.wait().await {
            tracing::warn!(%error, "cannot wait for the host's supervisor");
        }
    }
}
