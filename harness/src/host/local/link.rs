//! A connection to a supervisor's control socket.

use std::io;

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
};

use crate::host::{
    HostError,
    folder::RunFolder,
    supervisor::{Reply, Request},
};

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

    /// Waits until the supervisor's end is closed, which happens at the latest when its process ends.
    pub async fn until_closed(&mut self) {
        let mut rest = Vec::new();
        if let Err(error) = self.stream.read_to_end(&mut rest).await {
            tracing::debug!(%error, "the control connection broke");
        }
    }
}
