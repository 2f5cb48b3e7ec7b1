//! What containers print: kept in files with the time of each line, as container runtimes keep it.

mod line;
mod read;
mod tail;
mod write;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;
use tokio::{
    process::{ChildStderr, ChildStdout},
    sync::watch,
};

pub(crate) use line::Stream;
pub(crate) use read::{LogOptions, read};

use write::Writer;

/// The log of one start of a container. Clones are the same log.
#[derive(Clone)]
pub struct Log {
    path: Arc<Path>,
    writer: Arc<Mutex<Writer>>,
    state: watch::Sender<State>,
}

/// How far a log has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    /// Bytes in the current file.
    length: u64,
    /// How often a full file was set aside.
    rotations: u32,
    /// Streams that may still add to it.
    open: u8,
}

impl Log {
    /// Starts a new log.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.into(),
            writer: Arc::new(Mutex::new(Writer::create(path)?)),
            state: watch::channel(State::default()).0,
        })
    }

    /// Takes what a process prints until it ends.
    pub(crate) fn take(&self, output: Option<ChildStdout>, errors: Option<ChildStderr>) {
        self.state.send_modify(|state| state.open = u8::from(output.is_some()) + u8::from(errors.is_some()));
        if let Some(output) = output {
            tokio::spawn(write::pump(self.clone(), Stream::Output, output));
        }
        if let Some(errors) = errors {
            tokio::spawn(write::pump(self.clone(), Stream::Errors, errors));
        }
    }

    /// Waits until nothing can be added any more.
    pub async fn finished(&self) {
        // The sender is our own.
        drop(self.state.subscribe().wait_for(|state| state.open == 0).await);
    }

    fn append(&self, stream: Stream, lines: &[u8], complete: bool) {
        let mut writer = self.writer.lock();
        match writer.append(stream, lines, complete) {
            Ok((length, rotations)) => self.state.send_modify(|state| {
                state.length = length;
                state.rotations = rotations;
            }),
            Err(error) => tracing::warn!(log = %self.path.display(), %error, "a container's output is lost"),
        }
    }

    fn close_stream(&self) {
        self.state.send_modify(|state| state.open = state.open.saturating_sub(1));
    }
}

/// Where a full file is set aside.
fn aside(path: &Path) -> PathBuf {
    path.with_extension("log.1")
}
