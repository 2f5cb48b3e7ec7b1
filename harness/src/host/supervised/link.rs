//! A connection to a supervisor's control socket.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
};

use super::unexpected;
use crate::{
    host::{
        HostError,
        folder::RunFolder,
        supervisor::{Reply, Request, Status},
    },
    process::Identity,
};

/// How long a supervisor may take to end once it has said its last word.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks a supervisor, one question after another.
#[derive(Debug)]
pub struct Link {
    stream: BufReader<UnixStream>,
}

impl Link {
    /// Connects to the supervisor of a run.
    ///
    /// # Errors
    /// [`HostError::Unknown`] when none listens.
    pub async fn open(folder: &RunFolder) -> Result<Self, HostError> {
        match UnixStream::connect(folder.control_socket()).await {
            Ok(stream) => Ok(Self { stream: BufReader::new(stream) }),
            Err(error)
                if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) =>
            {
                let name = folder.path().file_name().unwrap_or_default();
                Err(HostError::Unknown(name.to_string_lossy().into_owned()))
            }
            Err(error) => Err(HostError::io("cannot reach the host's supervisor")(error)),
        }
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// When the supervisor goes away or does not answer in its language.
    pub async fn ask(&mut self, request: &Request) -> Result<Reply, HostError> {
        let lost = || HostError::io("the host's supervisor does not answer");
        let mut line = serde_json::to_vec(request).map_err(|error| lost()(error.into()))?;
        line.push(b'\n');
        self.stream.get_mut().write_all(&line).await.map_err(lost())?;
        let mut answer = String::new();
        self.stream.read_line(&mut answer).await.map_err(lost())?;
        serde_json::from_str(&answer).map_err(|error| lost()(error.into()))
    }

    /// How the host is.
    ///
    /// # Errors
    /// As [`Link::ask`], and when the supervisor refuses.
    pub async fn status(&mut self) -> Result<Status, HostError> {
        match self.ask(&Request::Status).await? {
            Reply::Status(status) => Ok(*status),
            other => Err(unexpected(&other)),
        }
    }

    /// Asks the supervisor to take the host down, and waits until it has ended. Says what was removed.
    ///
    /// # Errors
    /// As [`Link::ask`], and when something could not be removed.
    pub async fn down(&mut self) -> Result<Vec<String>, HostError> {
        let supervisor = self.status().await?.supervisor;
        let reply = self.ask(&Request::Down).await?;
        until_ended(supervisor).await?;
        match reply {
            Reply::Down { removed } => Ok(removed),
            other => Err(unexpected(&other)),
        }
    }
}

/// Waits until a supervisor's process has ended.
///
/// # Errors
/// When it does not.
async fn until_ended(supervisor: Identity) -> Result<(), HostError> {
    let waited = tokio::task::spawn_blocking(move || supervisor.wait_ended(PATIENCE)).await;
    let ended = waited.map_err(io::Error::other).and_then(|waited| waited);
    match ended.map_err(HostError::io("cannot wait for the host's supervisor"))? {
        true => Ok(()),
        false => Err(HostError::Supervisor(format!("(process {}) does not end", supervisor.pid))),
    }
}
