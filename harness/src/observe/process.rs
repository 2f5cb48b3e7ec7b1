//! What a process costs: memory as PSS, processor time, and who its parent is.

use procfs::process::Process;

/// A process that cannot be confused with a later one of the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcessId {
    /// The id.
    pub pid: i32,
    /// Clock ticks from boot to its start.
    pub started: u64,
}

/// What one process used, at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Proportional set size in bytes: shared pages are divided among those who share them, so that sums mean something.
    pub pss_bytes: u64,
    /// Resident set size in bytes: pages that others share count whole.
    pub rss_bytes: u64,
    /// What is not of a file, in bytes: unlike the PSS it does not depend on who else runs the same program.
    pub anonymous_bytes: u64,
    /// Processor time since its start, user and system, in seconds.
    pub cpu_seconds: f64,
}

impl std::ops::Add for Usage {
    type Output = Usage;

    fn add(self, other: Usage) -> Usage {
        Usage {
            pss_bytes: self.pss_bytes + other.pss_bytes,
            rss_bytes: self.rss_bytes + other.rss_bytes,
            anonymous_bytes: self.anonymous_bytes + other.anonymous_bytes,
            cpu_seconds: self.cpu_seconds + other.cpu_seconds,
        }
    }
}

/// Reads what a process uses; `None` where it is gone or not ours to read.
pub fn usage(pid: u32) -> Option<Usage> {
    let process = Process::new(i32::try_from(pid).ok()?).ok()?;
    let memory = process.smaps_rollup().ok()?;
    let stat = process.stat().ok()?;
    let sum = |field| memory.memory_map_rollup.iter().filter_map(|map| map.extension.map.get(field)).sum();
    let ticks = stat.utime + stat.stime;
    let cpu_seconds = ticks as f64 / procfs::ticks_per_second() as f64;
    Some(Usage {
        pss_bytes: sum("Pss"),
        rss_bytes: sum("Rss"),
        anonymous_bytes: sum("Anonymous"),
        cpu_seconds,
    })
}

/// The sum over several processes; `None` where one of them cannot be read, for half a sum would be a wrong figure.
pub fn total(pids: impl IntoIterator<Item = u32>) -> Option<Usage> {
    pids.into_iter().try_fold(Usage::default(), |sum, pid| Some(sum + usage(pid)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_memory_and_a_dead_one_has_no_figure() {
        let own = usage(std::process::id()).expect("own smaps_rollup is readable");
        let Usage { pss_bytes, rss_bytes, anonymous_bytes, .. } = own;
        assert!(rss_bytes >= pss_bytes && pss_bytes > anonymous_bytes, "{own:?}");
        assert!(anonymous_bytes > 100_000, "{own:?}");
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        assert_eq!(usage(child.id()), None);
        assert_eq!(total([std::process::id(), child.id()]), None);
    }
}
