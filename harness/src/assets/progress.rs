//! What obtaining a binary says about itself while it lasts.

use std::time::Duration;

use super::{Binary, Source};

/// One thing that happened, or how far it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Another run fills the cache; we wait for it.
    Waiting,
    /// A file comes over the network.
    Downloading {
        /// The binary.
        binary: Binary,
        /// Bytes so far.
        done: u64,
        /// Bytes in all, where the server says.
        total: Option<u64>,
    },
    /// A source does not have it, and the next is tried.
    Passed {
        /// Why, one line.
        reason: String,
    },
    /// Go fetches modules.
    Fetching {
        /// The module.
        module: String,
    },
    /// Go compiles.
    Building {
        /// The binary.
        binary: Binary,
        /// 1-based place among those to build.
        number: usize,
        /// How many are to be built.
        of: usize,
        /// Packages compiled so far.
        packages: usize,
        /// Since the build of this binary began.
        elapsed: Duration,
    },
    /// It is in the cache.
    Installed {
        /// The binary.
        binary: Binary,
        /// Where it came from.
        source: Source,
    },
}

/// Shows steps to somebody.
pub trait Progress: Send + Sync {
    /// Called often; cheap.
    fn step(&self, step: &Step);
}

/// Shows nothing.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _: &Step) {}
}
