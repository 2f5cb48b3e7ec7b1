//! How long waits may take: each of them, and all together.

use std::time::{Duration, Instant};

/// A wait that begins too late looks once all the same.
const LEAST: Duration = Duration::from_millis(1);

/// How long waits may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Any one of them.
    each: Duration,
    /// When the first could begin, and how long all together may take from there.
    all: Option<(Instant, Duration)>,
}

impl Patience {
    /// Any one wait may take as long as `each`.
    pub fn with_each(each: Duration) -> Self {
        Self { each, all: None }
    }

    /// All waits together may take as long as `all`, from now on.
    pub fn with_all(all: Duration) -> Self {
        Self { each: all, all: Some((Instant::now(), all)) }
    }

    /// The same, where any one wait may take no longer than `each`.
    pub fn and_each(self, each: Duration) -> Self {
        Self { each, ..self }
    }

    /// How long a wait may take that begins now. It is never nothing.
    pub fn left(&self) -> Duration {
        self.left_at(Instant::now())
    }

    fn left_at(&self, now: Instant) -> Duration {
        let of_all = |(began, all): (Instant, Duration)| {
            all.saturating_sub(now.saturating_duration_since(began)).min(self.each)
        };
        self.all.map_or(self.each, of_all).max(LEAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_secs(60);

    /// What is left of a patience so many seconds after it began.
    fn left_after(patience: Patience, seconds: f64) -> Duration {
        let began = patience.all.map_or_else(Instant::now, |(began, _)| began);
        patience.left_at(began + Duration::from_secs_f64(seconds))
    }

    #[test]
    fn a_wait_that_begins_late_ends_when_one_ends_that_began_at_once() {
        for seconds in [0.0, 1.5, 30.0, 59.75] {
            let began = Duration::from_secs_f64(seconds);
            assert_eq!(began + left_after(Patience::with_all(STEP), seconds), STEP);
        }
    }

    #[test]
    fn a_wait_for_which_nothing_is_left_looks_once() {
        assert_eq!(left_after(Patience::with_all(STEP), 60.0), LEAST);
        assert_eq!(left_after(Patience::with_all(STEP), 3600.0), LEAST);
    }

    #[test]
    fn one_wait_of_many_may_take_its_own_time_but_no_more_than_is_left_of_all() {
        let patience = Patience::with_all(STEP).and_each(Duration::from_secs(20));
        let seconds = |began| left_after(patience, began).as_secs();
        assert_eq!([0.0, 40.0, 50.0].map(seconds), [20, 20, 10]);
    }

    #[test]
    fn where_only_each_is_bounded_no_wait_takes_from_the_next() {
        let patience = Patience::with_each(STEP);
        assert_eq!(patience.left_at(Instant::now() + 2 * STEP), STEP);
    }

    #[test]
    fn a_time_that_no_clock_reaches_is_no_error() {
        assert!(Patience::with_all(Duration::MAX).left() > STEP);
    }
}
