//! The control socket: reads requests, hands them to the supervisor, writes its answers.

use std::{io, path::Path};

use tenantbench_syncer::accept::accept;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    sync::{mpsc, oneshot},
};

use super::{Reply, Request};

/// A request with the way back to who asked.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) request: Request,
    pub(super) reply: oneshot::Sender<Reply>,
    /// Closes when the answer has been written.
    pub(super) written: oneshot::Receiver<()>,
}

/// Serves the socket until the runtime ends.
///
/// # Errors
/// When the socket cannot be made.
pub(super) fn serve(path: &Path, calls: mpsc::Sender<Call>) -> io::Result<()> {
    let listener = UnixListener::bind(path)?;
    tokio::spawn(async move {
        loop {
            let (stream, calls) = (accept(&listener).await, calls.clone());
            tokio::spawn(async move {
                if let Err(error) = converse(stream, &calls).await {
                    tracing::debug!(%error, "a control connection broke");
                }
            });
        }
    });
    Ok(())
}

async fn converse(mut stream: UnixStream, calls: &mpsc::Sender<Call>) -> io::Result<()> {
    let (reader, mut writer) = stream.split();
    let mut lines = BufReader::new(reader).lines();
    while let Some(line) = lines.next_line().await? {
        let (done, written) = oneshot::channel();
        let reply = match serde_json::from_str(&line) {
            Ok(request) => ask(calls, request, written).await,
            Err(error) => Reply::Error { message: format!("not a request: {error}") },
        };
        let mut line = serde_json::to_vec(&reply)?;
        line.push(b'\n');
        writer.write_all(&line).await?;
        drop::<oneshot::Sender<()>>(done);
    }
    Ok(())
}

async fn ask(calls: &mpsc::Sender<Call>, request: Request, written: oneshot::Receiver<()>) -> Reply {
    let (reply, answer) = oneshot::channel();
    if calls.send(Call { request, reply, written }).await.is_err() {
        return Reply::Error { message: "the host is going down".into() };
    }
    answer.await.unwrap_or_else(|_| Reply::Error { message: "the host is going down".into() })
}
