//! How long a container that has ended waits before it is started again: the kubelet's CrashLoopBackOff.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The delays between starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackoffPolicy {
    /// The delay before the second restart; the first is at once. Each further one doubles.
    pub first: Duration,
    /// The longest delay; a container that has run for twice as long starts afresh.
    pub longest: Duration,
}

impl Default for BackoffPolicy {
    fn default() -> Self {
        Self { first: Duration::from_secs(10), longest: Duration::from_secs(300) }
    }
}

/// Where one container is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backoff {
    delay: Duration,
    restarted_at: Option<Timestamp>,
}

impl Backoff {
    /// When a container that ended at `finished` may start again.
    pub(crate) fn due(&self, policy: &BackoffPolicy, finished: Timestamp) -> Timestamp {
        if self.expired(policy, finished) { finished } else { finished + signed(self.delay) }
    }

    /// The delay as it will be after a restart at `now`.
    pub(crate) fn after_restart(&self, policy: &BackoffPolicy, finished: Timestamp, now: Timestamp) -> Self {
        let delay = if self.delay.is_zero() || self.expired(policy, finished) {
            policy.first
        } else {
            (self.delay * 2).min(policy.longest)
        };
        Self { delay, restarted_at: Some(now) }
    }

    /// The delay that is being waited.
    pub(crate) fn delay(&self) -> Duration {
        self.delay
    }

    fn expired(&self, policy: &BackoffPolicy, finished: Timestamp) -> bool {
        self.restarted_at.is_some_and(|at| finished.duration_since(at) > signed(policy.longest * 2))
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_first_restart_is_at_once_and_delays_double_up_to_the_longest() {
        let policy = BackoffPolicy::default();
        let mut backoff = Backoff::default();
        let mut delays = Vec::new();
        for _ in 0..8 {
            let due = backoff.due(&policy, at(0));
            delays.push(due.as_second());
            backoff = backoff.after_restart(&policy, at(0), at(0));
        }
        assert_eq!(delays, [0, 10, 20, 40, 80, 160, 300, 300]);
    }

    #[test]
    fn a_container_that_ran_long_starts_afresh() {
        let policy = BackoffPolicy::default();
        let backoff =
            Backoff::default().after_restart(&policy, at(0), at(0)).after_restart(&policy, at(0), at(0));
        assert_eq!(backoff.due(&policy, at(601)), at(601));
        assert_eq!(backoff.after_restart(&policy, at(601), at(601)).delay(), policy.first);
    }
}
