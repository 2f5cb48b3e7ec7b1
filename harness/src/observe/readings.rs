//! What the processes of one component have used, each with the moment at which it was read.

use std::collections::BTreeMap;

use super::{
    clock::Moment,
    process::{self, Usage},
};

/// What one process had used.
#[derive(Clone, Copy, Debug)]
struct Reading {
    usage: Usage,
    /// To read the memory of many processes takes long, so they do not share one.
    at: Moment,
}

/// What processes had used, by their ids; none of one that could not be read.
#[derive(Clone, Debug, Default)]
pub struct Readings(BTreeMap<u32, Option<Reading>>);

impl Readings {
    /// Reads one more process.
    pub fn read(&mut self, pid: u32) {
        // Processor time is what is read last of a process, so this is its moment.
        let reading = process::usage(pid).map(|usage| Reading { usage, at: Moment::now() });
        self.0.insert(pid, reading);
    }

    /// The sum; `None` where one of them could not be read, for half a sum would be a wrong figure.
    pub fn total(&self) -> Option<Usage> {
        self.0.values().try_fold(Usage::default(), |sum, reading| Some(sum + (*reading)?.usage))
    }

    /// Seconds of processor time a second since `before`, of each process by its own time between the two readings;
    /// `None` where one of them was not read both times.
    pub fn rate_since(&self, before: &Self) -> Option<f64> {
        let rate = |(pid, now): (&u32, &Option<Reading>)| {
            let (now, then) = ((*now)?, (*before.0.get(pid)?)?);
            let used = now.usage.cpu_seconds - then.usage.cpu_seconds;
            Some(used / now.at.seconds_since(&then.at))
        };
        self.0.iter().map(rate).sum()
    }

    #[cfg(test)]
    pub(crate) fn fake(pid: u32, found: Option<(Usage, Moment)>) -> Self {
        Self(BTreeMap::from([(pid, found.map(|(usage, at)| Reading { usage, at }))]))
    }

    #[cfg(test)]
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn used(cpu_seconds: f64) -> Usage {
        Usage { cpu_seconds, ..Usage::default() }
    }

    #[test]
    fn a_rate_is_by_the_time_between_the_readings_of_the_process_itself() {
        let start = Moment::now();
        let after = |seconds| Moment { instant: start.instant + Duration::from_secs(seconds), ..start };
        let at = |pid, cpu, seconds| Readings::fake(pid, Some((used(cpu), after(seconds))));
        // The first process was read again after 10 s, the second, which took its turn late, after 5 s.
        let before = at(1, 1.0, 0).and(at(2, 7.0, 4));
        let now = at(1, 3.0, 10).and(at(2, 8.0, 9));
        assert_eq!(now.rate_since(&before), Some(0.2 + 0.2));
        assert_eq!(now.total().map(|usage| usage.cpu_seconds), Some(11.0));
    }

    #[test]
    fn a_process_that_is_gone_or_has_come_leaves_no_sum_and_no_rate() {
        let at = |pid| Readings::fake(pid, Some((used(1.0), Moment::now())));
        let (before, gone) = (at(1).and(at(2)), at(1).and(Readings::fake(2, None)));
        assert!(gone.total().is_none());
        assert!(gone.rate_since(&before).is_none());
        assert!(before.rate_since(&gone).is_none());
        assert!(before.rate_since(&at(1)).is_none());
    }

    #[test]
    fn a_process_that_ended_is_read_as_none() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        let mut readings = Readings::default();
        readings.read(std::process::id());
        assert!(readings.total().is_some());
        readings.read(child.id());
        assert!(readings.total().is_none());
    }
}
