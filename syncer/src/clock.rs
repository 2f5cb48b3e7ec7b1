//! The one clock. Whatever depends on time asks it, so that a test can move time by hand.
//!
//! A machine's own time jumps: it is set, or the machine sleeps. What has to happen *after a while* therefore goes by
//! [`Clock::steady`], which never goes back; what people read goes by [`Clock::wall`].

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use tokio::sync::watch;

/// A clock. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// How far this clock is from the machine's; only tests move it.
    shift: watch::Sender<Shift>,
    steady: Mutex<Steady>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Shift {
    wall: SignedDuration,
    passed: Duration,
}

/// The steady time when it was last asked for, and what the other two said then.
#[derive(Debug)]
struct Steady {
    time: Timestamp,
    wall: Timestamp,
    at: Instant,
}

impl Default for Clock {
    fn default() -> Self {
        let (wall, at) = (Timestamp::now(), Instant::now());
        let steady = Mutex::new(Steady { time: wall, wall, at });
        Self(Arc::new(Inner { shift: watch::Sender::default(), steady }))
    }
}

impl Clock {
    /// The time of day, as the machine has it now. For what people and other programs read.
    pub fn wall(&self) -> Timestamp {
        Timestamp::now().saturating_add(self.0.shift.borrow().wall).unwrap_or(Timestamp::MAX)
    }

    /// A time of day that never goes back: it starts as the wall's and goes on as much as time passes, or as much as
    /// the wall's goes forward where that is more (the machine slept, or was set). For decisions.
    pub fn steady(&self) -> Timestamp {
        let (wall, at) = (self.wall(), self.instant());
        let mut steady = self.0.steady.lock();
        let passed = SignedDuration::try_from(at.saturating_duration_since(steady.at)).unwrap_or_default();
        let forward = wall.duration_since(steady.wall).max(passed);
        let time = steady.time.saturating_add(forward).unwrap_or(Timestamp::MAX);
        *steady = Steady { time, wall, at: at.max(steady.at) };
        time
    }

    /// For how long something takes and when to wake up.
    pub fn instant(&self) -> Instant {
        Instant::now() + self.0.shift.borrow().passed
    }

    /// Returns when it is `at`.
    pub async fn until(&self, at: Instant) {
        let mut shifted = self.0.shift.subscribe();
        loop {
            let left = at.saturating_duration_since(self.instant());
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                // The sender is `self`, so the channel cannot close meanwhile.
                _ = shifted.changed() => {}
            }
        }
    }

    /// Returns after `wait`.
    pub async fn sleep(&self, wait: Duration) {
        self.until(self.instant() + wait).await;
    }

    /// Sets the time of day forward or back, as an operator or NTP would. For tests.
    pub fn set(&self, by: SignedDuration) {
        self.0.shift.send_modify(|shift| shift.wall = shift.wall.saturating_add(by));
    }

    /// Lets time pass at once. For tests.
    pub fn pass(&self, by: Duration) {
        self.0.shift.send_modify(|shift| {
            shift.passed += by;
            shift.wall = shift.wall.saturating_add(SignedDuration::try_from(by).unwrap_or_default());
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: i64 = 3600;

    fn seconds(from: Timestamp, to: Timestamp) -> i64 {
        to.duration_since(from).as_secs()
    }

    #[test]
    fn a_wall_that_is_set_back_leaves_the_steady_time_going_on() {
        let clock = Clock::default();
        let before = clock.steady();
        clock.set(SignedDuration::from_secs(-5 * HOUR));
        assert_eq!(seconds(before, clock.steady()), 0);
        clock.pass(Duration::from_secs(60));
        assert_eq!(seconds(before, clock.steady()), 60);
        assert!(clock.wall() < before);
    }

    #[test]
    fn a_wall_that_goes_forward_takes_the_steady_time_along_once() {
        let clock = Clock::default();
        let before = clock.steady();
        clock.set(SignedDuration::from_secs(2 * HOUR));
        assert_eq!(seconds(before, clock.steady()), 2 * HOUR);
        clock.set(SignedDuration::from_secs(-2 * HOUR));
        assert_eq!(seconds(before, clock.steady()), 2 * HOUR);
    }

    #[tokio::test]
    async fn who_waits_wakes_when_time_has_passed() {
        let clock = Clock::default();
        let other = clock.clone();
        let waiting = tokio::spawn(async move { other.sleep(Duration::from_secs(3600)).await });
        tokio::task::yield_now().await;
        clock.pass(Duration::from_secs(3600));
        waiting.await.expect("wakes");
    }

    proptest! {
        #[test]
        fn the_steady_time_never_goes_back(steps in prop::collection::vec((any::<bool>(), -100_000i64..100_000), 0..40)) {
            let clock = Clock::default();
            let mut last = clock.steady();
            for (is_set, by) in steps {
                if is_set {
                    clock.set(SignedDuration::from_secs(by));
                } else {
                    clock.pass(Duration::from_secs(by.unsigned_abs()));
                }
                let now = clock.steady();
                prop_assert!(now >= last);
                last = now;
            }
        }
    }
}
