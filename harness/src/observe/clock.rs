//! The one clock: monotonic for intervals, wall for joining with audit logs.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// A point in time by both clocks of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Monotonic: the only clock from which intervals are taken.
    pub instant: Instant,
    /// Wall: comparable with the stamps of servers on the same machine.
    pub wall: Timestamp,
}

impl Moment {
    /// This moment.
    pub fn now() -> Self {
        Self { instant: Instant::now(), wall: Timestamp::now() }
    }

    /// Seconds since an earlier moment; negative where the order is the other way round, for a negative latency is
    /// a finding that must not be hidden.
    pub fn seconds_since(&self, earlier: &Moment) -> f64 {
        match self.instant.checked_duration_since(earlier.instant) {
            Some(duration) => duration.as_secs_f64(),
            None => -earlier.instant.duration_since(self.instant).as_secs_f64(),
        }
    }

    /// Time that has passed since this moment.
    pub fn elapsed(&self) -> Duration {
        self.instant.elapsed()
    }
}

/// Seconds from one server stamp to another.
pub fn seconds_between(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_that_runs_backwards_is_negative_and_not_zero() {
        let earlier = Moment::now();
        let later = Moment { instant: earlier.instant + Duration::from_millis(250), wall: earlier.wall };
        assert_eq!(later.seconds_since(&earlier), 0.25);
        assert_eq!(earlier.seconds_since(&later), -0.25);
    }
}
