//! A connection to a supervisor's control socket.

use std::{io, time::Duration};

use serde::{Deserialize, de::DeserializeOwned};
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

/// What of a status no version has ever lacked.
#[derive(Deserialize)]
struct Who {
    supervisor: Identity,
}

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
        self.answered(request).await
    }

    async fn answered<T: DeserializeOwned>(&mut self, request: &Request) -> Result<T, HostError> {
        let lost = || HostError::io("the host's supervisor does not answer");
        let mut line = serde_json::to_vec(request).map_err(|error| lost()(error.into()))?;
        line.push(b'\n');
        self.stream.get_mut().write_all(&line).await.map_err(lost())?;
        let mut answer = String::new();
        self.stream.read_line(&mut answer).await.map_err(lost())?;
        if answer.is_empty() {
            return Err(lost()(io::ErrorKind::UnexpectedEof.into()));
        }
        serde_json::from_str(&answer).map_err(|error| HostError::OtherVersion { reason: error.to_string() })
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
        // A host that another version of tenantbench started goes down too: of its answers only this much is read.
        let supervisor = self.answered::<Who>(&Request::Status).await?.supervisor;
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

#[cfg(test)]
mod tests {
    use tokio::net::UnixListener;

    use super::*;

    /// A supervisor that gives these answers, one after another.
    fn supervisor(folder: &RunFolder, answers: [&'static str; 2]) {
        let listener = UnixListener::bind(folder.control_socket()).unwrap();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            for answer in answers {
                stream.read_line(&mut String::new()).await.unwrap();
                stream.get_mut().write_all(answer.as_bytes()).await.unwrap();
            }
        });
    }

    #[tokio::test]
    async fn a_host_of_another_version_goes_down_and_tells_who_asks_more_of_it() {
        let place = tempfile::tempdir_in("/tmp").unwrap();
        let folder = RunFolder::at(place.path());
        // A status as it was before there were several kinds of hosts, of a process that has ended.
        let status = concat!(r#"{"reply":"status","supervisor":{"pid":2147483646,"start_ticks":1}}"#, "\n");
        supervisor(&folder, [status, concat!(r#"{"reply":"down","removed":["all"]}"#, "\n")]);
        let mut link = Link::open(&folder).await.unwrap();
        assert_eq!(link.down().await.unwrap(), ["all"]);

        fs_err::remove_file(folder.control_socket()).unwrap();
        supervisor(&folder, [status, status]);
        let refused = Link::open(&folder).await.unwrap().status().await.unwrap_err().to_string();
        assert!(refused.contains("another version") && refused.contains("host down"), "{refused}");
    }
}
