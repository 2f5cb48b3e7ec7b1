//! The supervisor's side of the pipe to whoever started it.

use std::{
    fs::File,
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use super::Event;

/// Writes events as lines. Once the owner is gone nobody reads them, and that is no error.
#[derive(Clone, Debug)]
pub(in crate::host) struct Output {
    pipe: Arc<Mutex<File>>,
}

impl Output {
    pub(super) fn new(pipe: File) -> Self {
        Self { pipe: Arc::new(Mutex::new(pipe)) }
    }

    pub(in crate::host) fn say(&self, event: &Event) {
        let Ok(mut line) = serde_json::to_vec(event) else { return };
        line.push(b'\n');
        let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = pipe.write_all(&line) {
            tracing::debug!(%error, "the owner no longer listens");
        }
    }

    pub(in crate::host) fn progress(&self, text: &str) {
        tracing::info!("{text}");
        self.say(&Event::Progress { text: text.to_owned() });
    }
}
