//! How many calls may be under way at one API server at once. Pure.
//!
//! For many tenants, as many as it answers about as fast as it ever has. That is TCP Vegas' idea, as Netflix'
//! concurrency-limits has it for calls: of `limit` calls under way, those that wait inside the server are about
//! `limit × (1 − fastest / now)`. More of them than a few make each wait longer, and nothing faster. For one tenant alone,
//! as many as meet no trouble (additive increase, multiplicative decrease): what it makes slow is its own.

use std::collections::HashMap;

use crate::metrics::Verb;

/// Calls that take about as long as each other: a verb and what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sort {
    /// The verb.
    pub verb: Verb,
    /// As `kubectl auth can-i` names it.
    pub resource: String,
}

/// Answers among which the fastest of a sort is looked for: those of one such span and of the one before. A server that
/// becomes slower for good is measured by itself again after so many.
const SPAN: u32 = 10_000;
/// What an answer may take, as a multiple of the fastest of its sort, before it is held to have waited: two calls of one
/// sort differ by that much on an idle server.
const ORDINARY: f64 = 2.0;
/// With fewer calls waiting inside the server than this, one more may be under way; with more than the second, one less.
const WAITING: [f64; 2] = [6.0, 12.0];
/// Fewer answers than this say nothing.
const FEWEST_ANSWERS: usize = 8;

/// The fastest answer of late.
#[derive(Clone, Copy, Debug)]
struct Fastest {
    now: f64,
    before: f64,
    answers: u32,
}

impl Fastest {
    fn note(&mut self, took: f64) {
        if self.answers >= SPAN {
            *self = Self { now: took, before: self.now, answers: 0 };
        }
        self.now = self.now.min(took);
        self.answers += 1;
    }

    fn is(self) -> f64 {
        self.now.min(self.before)
    }
}

/// The limits of one API server.
#[derive(Debug)]
pub struct Limit {
    least: usize,
    most: usize,
    /// As many as do not wait for each other.
    quick: usize,
    /// As many as meet no trouble.
    borne: usize,
    fastest: HashMap<Sort, Fastest>,
    /// Of the answers since the limit was looked at, how many times as long as the fastest each took.
    answers: Vec<f64>,
    /// The most calls that were under way since.
    used: usize,
    /// Answers until trouble is that of calls that began after the last one.
    spared: usize,
}

impl Limit {
    /// Between `least` and `most`; for many tenants `first` to begin with.
    pub fn new(least: usize, first: usize, most: usize) -> Self {
        let most = most.max(1);
        let least = least.clamp(1, most);
        let quick = first.clamp(least, most);
        let (fastest, answers) = (HashMap::new(), Vec::new());
        Self { least, most, quick, borne: most, fastest, answers, used: 0, spared: 0 }
    }

    /// While one tenant alone calls.
    pub fn of_one(&self) -> usize {
        self.borne
    }

    /// While several do.
    pub fn of_many(&self) -> usize {
        self.quick.min(self.borne)
    }

    /// A call was answered, while so many were under way, itself included.
    pub fn answered(&mut self, under_way: usize, sort: Sort, took: f64) {
        self.spared = self.spared.saturating_sub(1);
        self.borne = (self.borne + 1).min(self.most);
        self.used = self.used.max(under_way);
        let took = took.max(1e-6);
        let first = Fastest { now: took, before: took, answers: 0 };
        let fastest = self.fastest.entry(sort).or_insert(first);
        fastest.note(took);
        self.answers.push(took / fastest.is());
        if self.answers.len() >= self.quick.max(FEWEST_ANSWERS) {
            self.look();
        }
    }

    /// A call found the API server busy or away, while so many were under way, itself included.
    pub fn met_trouble(&mut self, under_way: usize) {
        if self.spared > 0 {
            self.spared -= 1;
            return;
        }
        self.spared = under_way.saturating_sub(1);
        self.borne = (self.borne / 2).max(self.least);
    }

    /// Each time about as many calls were answered as may be under way.
    fn look(&mut self) {
        let middle = self.answers.len() / 2;
        let times = *self.answers.select_nth_unstable_by(middle, f64::total_cmp).1;
        let waiting = self.quick as f64 * (1.0 - ORDINARY / times.max(ORDINARY));
        // What was not made use of has not been tried.
        let is_used = self.used * 2 >= self.quick;
        let [few, many] = WAITING;
        if waiting < few && is_used {
            self.quick = (self.quick + 1).min(self.most);
        } else if waiting > many {
            self.quick = (self.quick - 1).max(self.least);
        }
        self.answers.clear();
        self.used = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sort(resource: &str) -> Sort {
        Sort { verb: Verb::Create, resource: resource.to_owned() }
    }

    /// A server that carries out `at_once` calls, each in 2 ms, and has the others wait, asked by as many as may be.
    fn at_server(limit: &mut Limit, at_once: usize, answers: usize) {
        for _ in 0..answers {
            let under_way = limit.of_many();
            let took = 0.002 * (under_way as f64 / at_once as f64).max(1.0);
            limit.answered(under_way, sort("pods"), took);
        }
    }

    #[test]
    fn it_settles_where_a_few_calls_wait_in_the_server() {
        for (at_once, expected) in [(1, 8..=16), (4, 12..=21), (16, 36..=45), (100, 64..=64)] {
            for first in [4, 16, 64] {
                let mut limit = Limit::new(4, first, 64);
                // The fastest is known from a quiet time.
                limit.answered(1, sort("pods"), 0.002);
                at_server(&mut limit, at_once, 9_000);
                assert!(expected.contains(&limit.of_many()), "{at_once} from {first}: {}", limit.of_many());
                assert_eq!(limit.of_one(), 64);
            }
        }
    }

    #[test]
    fn what_is_not_made_use_of_does_not_grow() {
        let mut limit = Limit::new(4, 16, 64);
        (0..1000).for_each(|_| limit.answered(7, sort("pods"), 0.002));
        assert_eq!(limit.of_many(), 16);
        (0..1000).for_each(|_| limit.answered(64, sort("pods"), 0.002));
        assert!(limit.of_many() > 30, "{}", limit.of_many());
    }

    #[test]
    fn trouble_halves_it_once_for_all_that_was_under_way() {
        let mut limit = Limit::new(4, 64, 64);
        let mut after = |under_way: usize, troubles: usize| {
            (0..troubles).for_each(|_| limit.met_trouble(under_way));
            assert_eq!(limit.of_one(), limit.of_many());
            limit.of_one()
        };
        let limits = [after(64, 1), after(64, 63), after(32, 1), after(32, 31), after(16, 16), after(1, 500)];
        assert_eq!(limits, [32, 32, 16, 16, 8, 4]);
    }

    #[test]
    fn good_answers_bring_it_back() {
        let mut limit = Limit::new(4, 64, 64);
        (0..500).for_each(|_| limit.met_trouble(1));
        (0..10).for_each(|_| limit.answered(4, sort("pods"), 0.002));
        assert_eq!([limit.of_one(), limit.of_many()], [14, 14]);
        at_server(&mut limit, 100, 500);
        assert_eq!([limit.of_one(), limit.of_many()], [64, 64]);
    }

    #[test]
    fn a_slow_sort_of_call_is_measured_by_itself() {
        let mut limit = Limit::new(4, 16, 64);
        for _ in 0..1500 {
            limit.answered(64, sort("pods"), 0.002);
            limit.answered(64, sort("pods/slow"), 0.2);
        }
        assert_eq!(limit.of_many(), 64);
    }

    #[test]
    fn a_server_that_is_slower_for_good_is_measured_anew() {
        let mut limit = Limit::new(4, 16, 64);
        (0..100).for_each(|_| limit.answered(64, sort("pods"), 0.001));
        (0..600).for_each(|_| limit.answered(64, sort("pods"), 0.05));
        assert!(limit.of_many() < 16, "{}", limit.of_many());
        (0..3 * SPAN).for_each(|_| limit.answered(64, sort("pods"), 0.05));
        assert_eq!(limit.of_many(), 64);
    }

    proptest! {
        #[test]
        fn it_stays_within_its_bounds_and_moves_by_one_or_by_half(
            least in 1usize..8, first in 1usize..80, most in 1usize..80,
            calls in prop::collection::vec((1usize..100, prop::option::of(1e-7..10.0), 0u8..3), 0..400),
        ) {
            let mut limit = Limit::new(least, first, most);
            let within = least.min(most)..=most;
            for (under_way, took, of) in calls {
                let before = limit.of_one();
                let many = limit.of_many();
                match took {
                    Some(took) => {
                        limit.answered(under_way, sort(&of.to_string()), took);
                        prop_assert!(limit.of_one().abs_diff(before) <= 1 && limit.of_many().abs_diff(many) <= 1);
                    }
                    None => {
                        limit.met_trouble(under_way);
                        let halved = (before / 2).max(*within.start());
                        prop_assert!([before, halved].contains(&limit.of_one()) && limit.of_many() <= many);
                    }
                }
                prop_assert!(within.contains(&limit.of_one()) && within.contains(&limit.of_many()));
                prop_assert!(limit.of_many() <= limit.of_one());
            }
        }

        /// Whatever came before, a server that answers at once and is asked as much as may be gets all in the end.
        #[test]
        fn it_never_stays_small_for_no_reason(calls in prop::collection::vec(prop::option::of(1e-4..1.0), 0..300)) {
            let mut limit = Limit::new(4, 16, 64);
            for took in calls {
                match took {
                    Some(took) => limit.answered(64, sort("pods"), took),
                    None => limit.met_trouble(64),
                }
            }
            at_server(&mut limit, usize::MAX, 30_000);
            prop_assert_eq!(limit.of_many(), 64);
        }
    }
}
