//! How far watches are behind, by what can be measured honestly: an API server says nothing finer than a second about
//! when an object changed, but our own writes are answered and then shown by the watch, on one clock.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::kinds::{Kind, Side};

type Watch = (Side, Kind);

/// Versions shown last, in case a watch is faster than an answer.
const RECENT: usize = 32;

/// One echo at a time is listened for in each watch.
#[derive(Debug, Default)]
pub(super) struct Echoes(Mutex<HashMap<Watch, Echo>>);

impl Echoes {
    /// A write sent at `asked` was answered with `version`. Returns the lag where it is known already.
    pub(super) fn answered(
        &self,
        watch: Watch,
        version: u64,
        asked: Instant,
        now: Instant,
    ) -> Option<Duration> {
        self.0.lock().entry(watch).or_default().answered(version, asked, now)
    }

    /// The watch shows `version`. Returns the lag if this is the echo.
    pub(super) fn shown(&self, watch: Watch, version: u64, now: Instant) -> Option<Duration> {
        self.0.lock().entry(watch).or_default().shown(version, now)
    }

    /// A list begins, which shows objects in no order.
    pub(super) fn listing(&self, watch: Watch) {
        self.0.lock().remove(&watch);
    }
}

#[derive(Debug, Default)]
struct Echo {
    awaited: Option<(u64, Instant)>,
    recent: VecDeque<(u64, Instant)>,
}

impl Echo {
    fn answered(&mut self, version: u64, asked: Instant, now: Instant) -> Option<Duration> {
        match self.recent.iter().find(|(shown, _)| *shown == version) {
            // A version from before we asked: nothing was changed.
            Some((_, at)) if *at < asked => None,
            Some(_) => Some(Duration::ZERO),
            None => {
                self.awaited.get_or_insert((version, now));
                None
            }
        }
    }

    /// A watch shows versions in order, so one beyond the awaited means that the awaited is not in it.
    fn shown(&mut self, version: u64, now: Instant) -> Option<Duration> {
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((version, now));
        let (awaited, at) = self.awaited.take_if(|(awaited, _)| *awaited <= version)?;
        (awaited == version).then(|| now.saturating_duration_since(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lag_is_from_the_answer_to_the_echo() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut echo = Echo::default();
        assert_eq!(echo.answered(7, at(0), at(1)), None);
        assert_eq!(echo.answered(9, at(0), at(2)), None, "one at a time");
        assert_eq!(echo.shown(6, at(3)), None);
        assert_eq!(echo.shown(7, at(4)), Some(Duration::from_millis(3)));
        assert_eq!(echo.shown(9, at(5)), None);
    }

    #[test]
    fn a_watch_that_is_faster_than_the_answer_has_no_lag() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut echo = Echo::default();
        echo.shown(7, at(5));
        assert_eq!(echo.answered(7, at(4), at(6)), Some(Duration::ZERO));
    }

    #[test]
    fn a_write_that_changed_nothing_says_nothing() {
        let start = Instant::now();
        let mut echo = Echo::default();
        echo.shown(7, start);
        assert_eq!(
            echo.answered(7, start + Duration::from_millis(1), start + Duration::from_millis(2)),
            None
        );
        assert_eq!(echo.awaited, None);
    }

    #[test]
    fn an_echo_that_never_comes_is_given_up() {
        let start = Instant::now();
        let mut echo = Echo::default();
        echo.answered(7, start, start);
        assert_eq!(echo.shown(8, start + Duration::from_secs(60)), None);
        assert_eq!(echo.awaited, None);
    }
}
