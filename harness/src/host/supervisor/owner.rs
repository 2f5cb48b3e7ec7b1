//! The supervisor's entry: takes over what its owner handed it, and runs.

use std::{
    fs::File,
    io::{self, Read},
    os::fd::AsFd,
    path::Path,
    process::ExitCode,
    time::Duration,
};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{mpsc, oneshot},
};

use super::{Config, Event, output::Output, service::Service};
use crate::host::{HostError, folder::RunLock};

/// Where the limit of open files is unlimited, some programs still walk through all of them.
const ENOUGH_FILES: u64 = 1 << 16;
/// How long blocking work may hold the process up once all is done.
const LINGER: Duration = Duration::from_millis(200);

/// Runs the supervisor until its host is gone. Call it before any thread is started.
pub fn main(config: &Path) -> ExitCode {
    // Until the API serves, its client reports each refused connection as an error.
    let filter = tracing_subscriber::EnvFilter::new("info,kube_client::client::builder=off");
    tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).with_env_filter(filter).init();
    let output = match io::stdout().as_fd().try_clone_to_owned() {
        Ok(pipe) => Output::new(File::from(pipe)),
        Err(_) => return ExitCode::FAILURE,
    };
    match run(config, output.clone()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the supervisor failed");
            output.say(&Event::failed(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(config: &Path, output: Output) -> Result<(), HostError> {
    let text = fs_err::read(config).map_err(HostError::io("cannot read the supervisor's configuration"))?;
    let config: Config = serde_json::from_slice(&text)
        .map_err(|error| HostError::io("cannot read the supervisor's configuration")(error.into()))?;
    let lock = RunLock::handed_on(config.lock).map_err(HostError::io("cannot take the run's lock over"))?;
    raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(HostError::io("cannot start the supervisor"))?;
    let outcome = runtime.block_on(async {
        let owner_gone = watch_owner().map_err(HostError::io("cannot watch the owner"))?;
        let stop = watch_signals().map_err(HostError::io("cannot watch signals"))?;
        Service::run(config, lock, output, owner_gone, stop).await
    });
    runtime.shutdown_timeout(LINGER);
    outcome
}

/// Each pod's connections are ours too. What cannot be raised may still be enough.
fn raise_file_limit() {
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, hard.min(ENOUGH_FILES), hard)
    {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
}

/// Resolves when standard input ends. A thread of its own reads it, since a runtime waits for its blocking reads.
fn watch_owner() -> io::Result<oneshot::Receiver<()>> {
    let (gone, receiver) = oneshot::channel();
    std::thread::Builder::new().name("owner".into()).spawn(move || {
        let mut ignored = [0; 64];
        while matches!(io::stdin().read(&mut ignored), Ok(count) if count > 0) {}
        let _ = gone.send(());
    })?;
    Ok(receiver)
}

fn watch_signals() -> io::Result<mpsc::Receiver<()>> {
    let (stop, receiver) = mpsc::channel(1);
    for kind in [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()] {
        let mut signals = signal(kind)?;
        let stop = stop.clone();
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                if stop.send(()).await.is_err() {
                    return;
                }
            }
        });
    }
    Ok(receiver)
}
