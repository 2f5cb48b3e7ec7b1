//! Processes that are not direct children: descendants that were left to us, and those of a run that was killed.

use std::{io, os::unix::ffi::OsStrExt, path::Path};

use nix::{
    errno::Errno,
    sys::{
        prctl,
        signal::{Signal, kill},
        wait::waitpid,
    },
    unistd::Pid,
};
use procfs::process::{Process as ProcFs, all_processes};

use super::{Entry, Identity, RUN_VARIABLE};

/// Makes orphaned descendants become our children rather than init's.
///
/// # Errors
/// When the kernel refuses, which no supported kernel does.
pub fn become_reaper() -> io::Result<()> {
    Ok(prctl::set_child_subreaper(true)?)
}

/// Kills and reaps every child of this process, and the orphans that come up when those die, until there is none.
/// Only for the very end: whoever waits for one of them will not hear how it ended. Returns how many there were.
pub fn kill_children() -> usize {
    let mut count = 0;
    loop {
        let children = own_children();
        if children.is_empty() {
            return count;
        }
        for child in children {
            // A failure means that somebody else has reaped it, which is as good.
            let _ = kill(child, Signal::SIGKILL);
            while waitpid(child, None) == Err(Errno::EINTR) {}
            count += 1;
        }
    }
}

fn own_children() -> Vec<Pid> {
    let Ok(tasks) = ProcFs::myself().and_then(|own| own.tasks()) else { return Vec::new() };
    let children = tasks.flatten().filter_map(|task| task.children().ok()).flatten();
    children.map(|pid| Pid::from_raw(pid.cast_signed())).collect()
}

/// Every running process on the machine that carries the mark of the run with this folder, except this process.
pub fn of_run(folder: &Path) -> Vec<Entry> {
    let own = std::process::id();
    let Ok(processes) = all_processes() else { return Vec::new() };
    processes
        .flatten()
        .filter(|process| process.pid.cast_unsigned() != own && carries_mark(process, folder))
        .filter_map(|process| {
            let identity = Identity::of(process.pid.cast_unsigned())?;
            let name = process.stat().ok()?.comm;
            identity.is_alive().then_some(Entry { name, identity })
        })
        .collect()
}

fn carries_mark(process: &ProcFs, folder: &Path) -> bool {
    // Other users' processes cannot be read, and are none of ours.
    process.environ().is_ok_and(|environment| {
        environment
            .iter()
            .any(|(name, value)| name == RUN_VARIABLE && value.as_bytes() == folder.as_os_str().as_bytes())
    })
}
