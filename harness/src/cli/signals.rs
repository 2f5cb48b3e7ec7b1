//! Ctrl-C: once to clean up and end, twice to end at once.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
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
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if cancelled.is_cancelled() {
                std::process::exit(i32::from(Code::Interrupted.number()));
            }
            eprintln!("interrupted: cleaning up; once more to stop at once");
            cancelled.cancel();
        }
    });
    Ok(token)
}
