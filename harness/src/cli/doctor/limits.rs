//! What the machine and the kernel allow.

use std::{num::NonZero, thread};

use nix::sys::resource::{Resource, getrlimit};
use procfs::{Current, Meminfo};

use super::finding::{Finding, gigabytes};

/// A host with three tenants of their own needs about this many bytes.
const MEMORY: u64 = 3_000_000_000;
/// The supervisor raises its own limit up to the hard one.
const FILES: u64 = 4096;
/// Watches of a directory tree, by programs of pods.
const INOTIFY_INSTANCES: u64 = 128;

pub(super) fn check() -> Vec<Finding> {
    let inotify = fs_err::read_to_string("/proc/sys/fs/inotify/max_user_instances");
    vec![
        cores(thread::available_parallelism().map_or(1, NonZero::get)),
        memory(Meminfo::current().ok().and_then(|memory| memory.mem_available)),
        files(getrlimit(Resource::RLIMIT_NOFILE).map(|(_, hard)| hard).ok()),
        inotify_instances(inotify.ok().and_then(|text| text.trim().parse().ok())),
    ]
}

fn cores(count: usize) -> Finding {
    if count >= 2 {
        return Finding::ok("cores", count.to_string());
    }
    Finding::doubt(
        "cores",
        count.to_string(),
        "use a machine with two or more cores: figures of one are mostly queueing",
    )
}

fn memory(available: Option<u64>) -> Finding {
    match available {
        Some(bytes) if bytes >= MEMORY => Finding::ok("memory", format!("{} available", gigabytes(bytes))),
        Some(bytes) => Finding::doubt(
            "memory",
            format!("{} available", gigabytes(bytes)),
            format!("free some: a run needs about {}", gigabytes(MEMORY)),
        ),
        None => Finding::missing("memory", "cannot read /proc/meminfo", "mount /proc"),
    }
}

fn files(hard: Option<u64>) -> Finding {
    match hard {
        Some(limit) if limit >= FILES => Finding::ok("open files", format!("limit {limit}")),
        Some(limit) => {
            Finding::doubt("open files", format!("limit {limit}"), format!("raise it: ulimit -Hn {FILES}"))
        }
        None => Finding::note("open files", "the limit cannot be read"),
    }
}

fn inotify_instances(limit: Option<u64>) -> Finding {
    match limit {
        Some(limit) if limit >= INOTIFY_INSTANCES => Finding::ok("inotify", format!("{limit} instances")),
        Some(limit) => Finding::doubt(
            "inotify",
            format!("{limit} instances"),
            format!("sysctl fs.inotify.max_user_instances={INOTIFY_INSTANCES}"),
        ),
        None => Finding::note("inotify", "the limit cannot be read"),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Grade, *};

    #[test]
    fn a_small_machine_is_a_doubt_with_a_remedy() {
        for finding in [cores(1), memory(Some(1)), files(Some(256)), inotify_instances(Some(8))] {
            assert_eq!(finding.grade, Grade::Doubt, "{finding:?}");
            assert!(finding.remedy.is_some());
        }
    }

    #[test]
    fn a_usual_machine_is_fine() {
        for finding in [cores(2), memory(Some(MEMORY)), files(Some(1 << 20)), inotify_instances(Some(128))] {
            assert_eq!(finding.grade, Grade::Ok, "{finding:?}");
        }
    }
}
