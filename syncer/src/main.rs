//! `tenantbench-syncer`: the syncer on its own.

use std::process::ExitCode;

use clap::Parser;
use tenantbench_syncer::cli::{self, EXIT_CODES, SyncerArgs};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// After a second signal nothing is waited for.
const STOPPED_AT_ONCE: i32 = 130;

#[derive(Parser)]
#[command(name = "tenantbench-syncer", version, about, after_long_help = EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    args: SyncerArgs,
}

fn main() -> ExitCode {
    let args = Cli::parse().args;
    match cli::runtime(&args) {
        Ok(runtime) => runtime.block_on(run(args)),
        Err(error) => {
            eprintln!("tenantbench-syncer: cannot start: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: SyncerArgs) -> ExitCode {
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    match cli::run(args, stop).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_logged {
                eprintln!("tenantbench-syncer: {failure}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn stop_on_signal(stop: CancellationToken) {
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return;
    };
    loop {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
        if stop.is_cancelled() {
            std::process::exit(STOPPED_AT_ONCE);
        }
        stop.cancel();
    }
}
