//! The process that carries a way: `tenantbench internal forward --config FILE`.

use std::{
    io::{self, Write},
    net::Ipv4Addr,
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use futures::{StreamExt, pin_mut};
use k8s_openapi::api::apps::v1::StatefulSet;
use kube::{
    Api, Client,
    runtime::{WatchStreamExt, watcher},
};
use tenantbench_syncer::client::{self, Purpose};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use super::{Config, FirstWord, KUBECONFIG, Open, PID_FILE, ReachError, carry};
use crate::{
    host::folder::RunLock,
    process::Identity,
    tenancy::{kubeconfig_file, vcluster::life::reached_at},
};

/// A host cluster that has not answered for so long has most likely gone, and nobody would tell.
const SILENCE: Duration = Duration::from_secs(60);

/// Carries the way until it is no longer wanted. Call it before any thread is started.
pub fn main(config: &Path) -> ExitCode {
    tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).init();
    match run(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the port-forward ends");
            say(&FirstWord::Failed(error.to_string()));
            ExitCode::FAILURE
        }
    }
}

fn run(config: &Path) -> Result<(), ReachError> {
    let read = || ReachError::io("cannot read the port-forward's configuration");
    let text = fs_err::read(config).map_err(read())?;
    let config: Config = serde_json::from_slice(&text).map_err(|error| read()(error.into()))?;
    let lock = RunLock::handed_on(config.lock).map_err(ReachError::io("cannot take the lock over"))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ReachError::io("cannot start the port-forward"))?;
    let served = runtime.block_on(serve(&config));
    runtime.shutdown_background();
    let removed = fs_err::remove_dir_all(config.folder.path());
    drop(lock);
    served.and(removed.map_err(ReachError::io("cannot remove the port-forward's files")))
}

async fn serve(config: &Config) -> Result<(), ReachError> {
    let open = || ReachError::io("cannot open a port");
    let mut terminate = signal(SignalKind::terminate()).map_err(open())?;
    let access = client::from_kubeconfig(config.host.clone()).await?;
    let watching = client::client(access.clone(), Purpose::Watches { streams: 1 })?;
    let carrying = client::client(access, Purpose::Upgrades)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(open())?;
    let address = listener.local_addr().map_err(open())?;
    let way = Open { process: Identity::own().map_err(open())?, address };
    let admin = reached_at(config.admin.clone(), &format!("https://{address}"));
    let pid_file = serde_json::to_string(&way).map_err(|error| open()(error.into()))?;
    config.folder.write_secret(KUBECONFIG, &kubeconfig_file::text(&admin)).map_err(open())?;
    config.folder.write_secret(PID_FILE, &pid_file).map_err(open())?;
    say(&FirstWord::Open(way));
    tokio::select! {
        never = carry(listener, carrying, &config.namespace, &config.pod) => match never {},
        why = until_gone(watching, config) => tracing::info!("{why}"),
        _ = terminate.recv() => tracing::info!("told to end"),
    }
    Ok(())
}

/// Returns when the virtual cluster or its host is gone, and says which.
async fn until_gone(client: Client, config: &Config) -> &'static str {
    let api: Api<StatefulSet> = Api::namespaced(client, &config.namespace);
    let only = watcher::Config::default().fields(&format!("metadata.name={}", config.stateful_set));
    let events = watcher(api, only).default_backoff();
    pin_mut!(events);
    let (mut silent_since, mut is_there) = (None::<Instant>, false);
    while let Some(event) = events.next().await {
        let heard = event.is_ok();
        match event {
            Ok(watcher::Event::Init) => is_there = false,
            Ok(watcher::Event::InitApply(_) | watcher::Event::Apply(_)) => is_there = true,
            Ok(watcher::Event::InitDone) if is_there => {}
            Ok(watcher::Event::InitDone | watcher::Event::Delete(_)) => {
                return "the virtual cluster is gone";
            }
            Err(error) => tracing::warn!(%error, "the host cluster does not answer"),
        }
        if heard {
            silent_since = None;
        } else if silent_since.get_or_insert_with(Instant::now).elapsed() > SILENCE {
            return "the host cluster is gone";
        }
    }
    "the watch has ended"
}

/// Whoever started us listens for one line.
fn say(word: &FirstWord) {
    if let Ok(line) = serde_json::to_string(word) {
        drop(writeln!(io::stdout(), "{line}"));
    }
}
