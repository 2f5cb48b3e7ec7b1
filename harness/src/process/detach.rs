//! Processes that outlive the one that starts them.

use std::{
    fs::File,
    io,
    os::{
        fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
        unix::process::CommandExt,
    },
};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use tokio::process::Command;

/// Gives the process a session of its own, so that Ctrl-C at our terminal does not reach it, and leaves it `file` open
/// under the same number. The file must stay open until the process has been started.
pub fn detach_with(command: &mut Command, file: &File) {
    let number = file.as_raw_fd();
    let hook = move || {
        nix::unistd::setsid()?;
        // SAFETY: the descriptor is open, for the caller holds the file until `spawn` has returned.
        let file = unsafe { BorrowedFd::borrow_raw(number) };
        fcntl(file, FcntlArg::F_SETFD(FdFlag::empty()))?;
        Ok(())
    };
    // SAFETY: between fork and exec the hook makes two system calls and does not allocate.
    unsafe { command.as_std_mut().pre_exec(hook) };
}

/// Takes over the file that [`detach_with`] left open for this process; none if there is none. Its own children do not
/// inherit it.
///
/// # Errors
/// When nothing is open under that number.
pub fn inherited(number: i32) -> io::Result<Option<File>> {
    if number <= 2 {
        return Ok(None);
    }
    // SAFETY: whoever started us opened this descriptor for us, and nothing else here knows of it.
    let file = File::from(unsafe { OwnedFd::from_raw_fd(number) });
    fcntl(&file, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    Ok(Some(file))
}
