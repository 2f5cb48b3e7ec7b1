//! Ctrl-C: once to clean up and end, twice to end at once.

use std::io;

use nix::sys::signal::Signal;
use tokio::signal::unix::{self, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::exit::Code;

/// A token that is cancelled by the first SIGINT or SIGTERM. The second ends the process on the spot; hosts that are
/// not kept notice that and go down by themselves. Call it within a runtime, once.
///
/// # Errors
/// When the signals cannot be watched.
pub fn shutdown() -> io::Result<CancellationToken> {
    let token = CancellationToken::new();
    let cancelled = token.clone();
    let mut signals = Signals::watch()?;
    tokio::spawn(async move {
        loop {
            signals.next().await;
            if cancelled.is_cancelled() {
                std::process::exit(i32::from(Code::Interrupted.number()));
            }
            eprintln!("interrupted: cleaning up; once more to stop at once");
            cancelled.cancel();
        }
    });
    Ok(token)
}

/// SIGINT and SIGTERM, which end nobody as long as this lives.
pub struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
}

impl Signals {
    /// Watches from now on.
    ///
    /// # Errors
    /// When the signals cannot be watched.
    pub fn watch() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::SIGINT,
            _ = self.terminate.recv() => Signal::SIGTERM,
        }
    }
}
