//! Taking connections, in one way for all that listens.

use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

/// How long a connection that could not be taken keeps others waiting.
const AGAIN: Duration = Duration::from_secs(1);

/// Waits for the next connection. One that cannot be taken, as for want of descriptors, stays in the queue, so asking
/// again at once would only be busy.
pub(crate) async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => tracing::warn!(%error, "a connection cannot be taken; trying again"),
        }
        tokio::time::sleep(AGAIN).await;
    }
}
