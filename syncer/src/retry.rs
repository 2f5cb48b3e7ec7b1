//! How long to wait before trying again.

use std::time::Duration;

use kube::runtime::utils::Backoff;
use rand::RngExt;

const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(15);

/// The wait after so many failures in a row: doubling, with jitter, at most 15 s.
pub(crate) fn delay(failures: u32) -> Duration {
    let full = FIRST.saturating_mul(1 << failures.min(20)).min(LONGEST);
    full.mul_f64(rand::rng().random_range(0.5..1.0))
}

/// The same for watches that fail to start.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    failures: u32,
}

impl Iterator for Patience {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let wait = delay(self.failures);
        self.failures += 1;
        Some(wait)
    }
}

impl Backoff for Patience {
    fn reset(&mut self) {
        self.failures = 0;
    }
}
