//! What became of writes.

use std::sync::atomic::{AtomicU64, Ordering};

use super::WriteError;

/// How a write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Done,
    /// It existed, was gone, or had changed: read again and decided about anew.
    Stale,
    /// The API server asked for patience.
    Throttled,
    /// The API server refused it.
    Refused,
    /// No answer, or none that could be read.
    Lost,
}

/// Writes by outcome.
#[derive(Debug, Default)]
pub struct Counts([AtomicU64; 5]);

impl Counts {
    /// Writes that ended so.
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.0[outcome as usize].load(Ordering::Relaxed)
    }

    pub(super) fn note<T>(&self, answer: &Result<T, WriteError>) {
        let outcome = match answer {
            Ok(_) => Outcome::Done,
            Err(WriteError::Exists | WriteError::Gone | WriteError::Conflict(_)) => Outcome::Stale,
            Err(WriteError::Throttled { .. }) => Outcome::Throttled,
            Err(WriteError::Refused(_)) => Outcome::Refused,
            Err(_) => Outcome::Lost,
        };
        self.0[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }
}
