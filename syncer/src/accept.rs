//! Taking connections, in one way for all that listens.

use std::{io, time::Duration};

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// How long a connection that could not be taken keeps others waiting.
const AGAIN: Duration = Duration::from_secs(1);

/// Where connections come in.
pub trait Listener: Sync {
    /// A connection.
    type Stream;

    /// Tries to take the next one.
    fn take(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl Listener for TcpListener {
    type Stream = TcpStream;

    async fn take(&self) -> io::Result<TcpStream> {
        self.accept().await.map(|(stream, _)| stream)
    }
}

impl Listener for UnixListener {
    type Stream = UnixStream;

    async fn take(&self) -> io::Result<UnixStream> {
        self.accept().await.map(|(stream, _)| stream)
    }
}

/// Waits for the next connection. One that cannot be taken, as for want of descriptors, stays in the queue, so asking
/// again at once would only be busy.
pub async fn accept<L: Listener>(listener: &L) -> L::Stream {
    loop {
        match listener.take().await {
            Ok(stream) => return stream,
            Err(error) => tracing::warn!(%error, "a connection cannot be taken; trying again"),
        }
        tokio::time::sleep(AGAIN).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Has no descriptor for the first one.
    struct Short(AtomicU32);

    impl Listener for Short {
        type Stream = u32;

        async fn take(&self) -> io::Result<u32> {
            match self.0.fetch_add(1, Ordering::Relaxed) {
                0 => Err(io::Error::other("too many open files")),
                asked => Ok(asked),
            }
        }
    }

    #[tokio::test]
    async fn a_connection_that_cannot_be_taken_is_waited_for() {
        let began = tokio::time::Instant::now();
        assert_eq!(accept(&Short(AtomicU32::default())).await, 1);
        assert!(began.elapsed() >= AGAIN);
    }
}
