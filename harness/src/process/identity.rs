//! Which process a recorded process id meant.

use std::{
    io,
    os::fd::{AsFd, FromRawFd, OwnedFd},
    time::Duration,
};

use nix::{
    errno::Errno,
    libc,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use procfs::process::{ProcState, Process as ProcFs};
use serde::{Deserialize, Serialize};

/// A process id together with its start time: an id alone may be used again by a stranger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// The process id.
    pub pid: u32,
    /// Clock ticks from boot to the start of the process, from `/proc/PID/stat`.
    pub start_ticks: u64,
}

impl Identity {
    /// The process that has this id now; none if there is no such process.
    pub fn of(pid: u32) -> Option<Self> {
        let stat = stat(pid)?;
        Some(Self { pid, start_ticks: stat.starttime })
    }

    /// This process itself.
    ///
    /// # Errors
    /// Only where `/proc` is not mounted.
    pub fn own() -> io::Result<Self> {
        let pid = std::process::id();
        Self::of(pid).ok_or_else(|| io::Error::other("cannot read /proc/self/stat; is /proc mounted?"))
    }

    /// True while the very process that was recorded runs. A zombie does not run.
    pub fn is_alive(self) -> bool {
        stat(self.pid).is_some_and(|stat| {
            stat.starttime == self.start_ticks
                && !matches!(stat.state(), Ok(ProcState::Zombie | ProcState::Dead))
        })
    }

    /// Sends a signal if the recorded process is still there. True if it was sent.
    pub fn signal(self, signal: Signal) -> bool {
        self.is_alive() && kill(self.raw(), signal) != Err(Errno::ESRCH)
    }

    /// Waits until the recorded process has ended, at most `limit`. True if it has.
    ///
    /// # Errors
    /// When the kernel gives no handle to the process.
    pub fn wait_ended(self, limit: Duration) -> io::Result<bool> {
        let handle = match open_handle(self.pid) {
            Ok(handle) => handle,
            Err(error) if error.raw_os_error() == Some(Errno::ESRCH as i32) => return Ok(true),
            Err(error) => return Err(error),
        };
        // Only now is it sure that the handle is that of the recorded process. One whose first thread is a zombie may
        // have others that still hold its files; the handle waits for them.
        if !self.is_there() {
            return Ok(true);
        }
        let timeout = PollTimeout::try_from(limit).unwrap_or(PollTimeout::MAX);
        let ready = poll(&mut [PollFd::new(handle.as_fd(), PollFlags::POLLIN)], timeout)?;
        Ok(ready > 0)
    }

    /// Whether the recorded process, running or a zombie, has its id still.
    fn is_there(self) -> bool {
        stat(self.pid).is_some_and(|stat| stat.starttime == self.start_ticks)
    }

    /// The process id in the type of system calls.
    pub(crate) fn raw(self) -> Pid {
        Pid::from_raw(self.pid.cast_signed())
    }
}

/// A descriptor that becomes readable when the process ends.
fn open_handle(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: the call takes two numbers and touches no memory of ours.
    let number = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.cast_signed(), 0) };
    let number = i32::try_from(number).map_err(io::Error::other)?;
    if number < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

fn stat(pid: u32) -> Option<procfs::process::Stat> {
    ProcFs::new(pid.cast_signed()).and_then(|process| process.stat()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recycled_process_id_is_not_the_recorded_process() {
        let own = Identity::own().unwrap();
        assert!(own.is_alive());
        let earlier = Identity { start_ticks: own.start_ticks - 1, ..own };
        assert!(!earlier.is_alive());
        assert!(!earlier.signal(Signal::SIGKILL));
    }

    #[test]
    fn the_end_of_a_process_is_waited_for() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let identity = Identity::of(child.id()).unwrap();
        assert!(!identity.wait_ended(Duration::from_millis(10)).unwrap());
        identity.signal(Signal::SIGKILL);
        assert!(identity.wait_ended(Duration::from_secs(10)).unwrap());
        child.wait().unwrap();
        assert!(identity.wait_ended(Duration::ZERO).unwrap());
    }

    #[test]
    fn a_zombie_does_not_run() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let identity = Identity::of(child.id()).unwrap();
        let id = nix::sys::wait::Id::Pid(identity.raw());
        let flags = nix::sys::wait::WaitPidFlag::WEXITED | nix::sys::wait::WaitPidFlag::WNOWAIT;
        nix::sys::wait::waitid(id, flags).unwrap();
        assert!(!identity.is_alive());
        child.wait().unwrap();
    }
}
