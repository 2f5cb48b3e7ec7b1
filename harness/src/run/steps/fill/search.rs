//! How many tenants to try next, what keeps another one away, and when enough is known. No I/O.

use std::{fmt, time::Duration};

use crate::run::steps::bill::Memory;

const MIB: u64 = 1 << 20;

/// What the first tenant may cost before anything is known of them.
const FIRST: u64 = 1024 * MIB;

/// Answers later than this count as none.
pub(super) const LATEST: Duration = Duration::from_secs(2);

/// Why there are no more tenants.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stop {
    /// Another one would take the run above what it may use.
    Memory { used: u64, next: u64, may: u64 },
    /// Another one would leave the machine with less than is to stay free.
    Machine { available: u64, next: u64, free: u64 },
    /// The API's answers come too late.
    Slow { p99: Duration },
    /// A tenant could not be made, or a call failed.
    Failed(String),
    /// As many as were asked for.
    Most,
    /// The time for it is over.
    Time,
}

impl Stop {
    /// Whether more tenants might have fitted: nothing of the host has stopped it.
    pub(super) fn is_own(&self) -> bool {
        matches!(self, Self::Most | Self::Time)
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |bytes: &u64| bytes / MIB;
        match self {
            Self::Memory { used, next, may } => write!(
                f,
                "memory: {} MiB in use, another tenant takes about {}, and {} is the most",
                mib(used),
                mib(next),
                mib(may)
            ),
            Self::Machine { available, next, free } => write!(
                f,
                "memory of the machine: {} MiB to be had, another tenant takes about {}, and {} stay free",
                mib(available),
                mib(next),
                mib(free)
            ),
            Self::Slow { p99 } => {
                write!(
                    f,
                    "the API: its 99th percentile is {:.2} s, above {} s",
                    p99.as_secs_f64(),
                    LATEST.as_secs()
                )
            }
            Self::Failed(reason) => write!(f, "an error: {reason}"),
            Self::Most => f.write_str("nothing; no more were asked for"),
            Self::Time => f.write_str("nothing; the time for it was over"),
        }
    }
}

/// How much memory may be used, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    /// By all tenants together.
    pub(super) may: u64,
    /// What is to stay free on the machine, for others.
    pub(super) free: u64,
}

impl Bounds {
    /// What keeps another tenant away. `dearest`: the most that one of them has cost so far, none before the first.
    pub(super) fn against(&self, now: Memory, dearest: Option<u64>) -> Option<Stop> {
        let next = dearest.unwrap_or_default();
        if now.used + next > self.may {
            return Some(Stop::Memory { used: now.used, next, may: self.may });
        }
        let next = dearest.unwrap_or(FIRST);
        let is_scarce = now.available < self.free + next;
        is_scarce.then_some(Stop::Machine { available: now.available, next, free: self.free })
    }
}

/// Doubles the number of tenants until something stops it, then halves the gap between what holds and what does not.
#[derive(Debug)]
pub(super) struct Search {
    most: u32,
    held: u32,
    stopped: Option<(u32, Stop)>,
}

impl Search {
    /// Up to `most` tenants.
    pub(super) fn new(most: u32) -> Self {
        Self { most, held: 0, stopped: None }
    }

    /// How many to try next; none when it is known how many hold.
    pub(super) fn next(&self) -> Option<u32> {
        match self.stopped {
            None if self.held >= self.most => None,
            None => Some((self.held * 2).clamp(1, self.most)),
            Some((at, _)) if at <= self.held + 1 => None,
            Some((at, _)) => Some(self.held + (at - self.held) / 2),
        }
    }

    /// So many tenants are well.
    pub(super) fn holds(&mut self, tenants: u32) {
        self.held = self.held.max(tenants);
    }

    /// Something keeps it from so many. What keeps it from fewer is what counts in the end.
    pub(super) fn stops(&mut self, at: u32, why: Stop) {
        if self.stopped.as_ref().is_none_or(|(before, _)| at < *before) {
            self.stopped = Some((at, why));
        }
    }

    /// How many tenants hold.
    pub(super) fn held(&self) -> u32 {
        self.held
    }

    /// What keeps it from more.
    pub(super) fn why(&self) -> &Stop {
        self.stopped.as_ref().map_or(&Stop::Most, |(_, why)| why)
    }
}

/// The 99th percentile; none of nothing.
pub(super) fn p99(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort_unstable();
    let rank = (times.len() * 99).div_ceil(100);
    times.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers that are tried where the API is too slow from `limit` on, and what comes of it.
    fn tried(most: u32, limit: u32) -> (Vec<u32>, u32) {
        let (mut search, mut tried) = (Search::new(most), Vec::new());
        while let Some(tenants) = search.next() {
            tried.push(tenants);
            match tenants < limit {
                true => search.holds(tenants),
                false => search.stops(tenants, Stop::Slow { p99: LATEST }),
            }
        }
        (tried, search.held())
    }

    #[test]
    fn the_number_doubles_until_something_stops_it_and_then_the_gap_is_halved() {
        assert_eq!(tried(100, 12), (vec![1, 2, 4, 8, 16, 12, 10, 11], 11));
        assert_eq!(tried(100, 1), (vec![1], 0));
        assert_eq!(tried(100, 2), (vec![1, 2], 1));
        assert_eq!(tried(100, 8), (vec![1, 2, 4, 8, 6, 7], 7));
    }

    #[test]
    fn no_more_are_tried_than_were_asked_for() {
        assert_eq!(tried(5, 100), (vec![1, 2, 4, 5], 5));
        assert_eq!(tried(1, 100), (vec![1], 1));
        assert_eq!(Search::new(1).why(), &Stop::Most);
    }

    #[test]
    fn what_stops_it_on_the_way_to_a_number_leaves_only_what_lies_before() {
        let mut search = Search::new(100);
        search.holds(4);
        search.stops(6, Stop::Time);
        assert_eq!(search.next(), Some(5));
        search.stops(8, Stop::Slow { p99: LATEST });
        assert_eq!(search.why(), &Stop::Time, "what stops it first counts");
        search.holds(5);
        assert_eq!((search.next(), search.held()), (None, 5));
    }

    #[test]
    fn another_tenant_is_kept_away_by_its_own_run_and_by_the_machine() {
        let bounds = Bounds { may: 1000 * MIB, free: 500 * MIB };
        let against = |used: u64, available: u64, dearest: Option<u64>| {
            bounds.against(
                Memory { used: used * MIB, available: available * MIB },
                dearest.map(|one| one * MIB),
            )
        };
        assert_eq!(against(0, 9000, None), None);
        assert!(matches!(against(0, 1500, None), Some(Stop::Machine { .. })), "the first may take much");
        assert_eq!(against(600, 9000, Some(400)), None);
        assert!(matches!(against(601, 9000, Some(400)), Some(Stop::Memory { .. })));
        assert!(matches!(against(600, 899, Some(400)), Some(Stop::Machine { .. })));
        assert!(
            matches!(against(1001, 9000, None), Some(Stop::Memory { .. })),
            "without one that could be removed"
        );
    }

    #[test]
    fn one_in_a_hundred_answers_may_be_later_than_the_percentile() {
        let times = |count: u64| (1..=count).map(Duration::from_millis).collect::<Vec<_>>();
        assert_eq!(p99(times(400)), Some(Duration::from_millis(396)));
        assert_eq!(p99(times(1)), Some(Duration::from_millis(1)));
        assert_eq!(p99(Vec::new()), None);
    }

    #[test]
    fn what_stopped_it_is_told_in_a_sentence() {
        let memory = Stop::Memory { used: 4000 * MIB, next: 300 * MIB, may: 4096 * MIB };
        assert_eq!(
            memory.to_string(),
            "memory: 4000 MiB in use, another tenant takes about 300, and 4096 is the most"
        );
        assert_eq!(
            Stop::Slow { p99: Duration::from_millis(2340) }.to_string(),
            "the API: its 99th percentile is 2.34 s, above 2 s"
        );
        assert!(Stop::Time.is_own() && !memory.is_own());
    }
}
