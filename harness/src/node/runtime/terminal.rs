//! A pseudo-terminal for a command in a container.

use std::{
    io::{self, Read, Write},
    os::fd::OwnedFd,
};

use rustix::{
    pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt},
    termios::{Winsize, tcsetwinsize},
};
use tokio::io::unix::AsyncFd;

/// Our end of a terminal.
pub(crate) struct Terminal(AsyncFd<std::fs::File>);

impl Terminal {
    /// Makes a terminal; the second is the command's end.
    pub(super) fn open() -> io::Result<(Self, OwnedFd)> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let ours = openpt(flags)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let theirs = ioctl_tiocgptpeer(&ours, flags)?;
        rustix::io::ioctl_fionbio(&ours, true)?;
        // SAFETY: a `File` owns its descriptor and names the same one for as long as it lives.
        let ours = unsafe { AsyncFd::register(std::fs::File::from(ours)) }?;
        Ok((Self(ours), theirs))
    }

    /// Reads what the command has written; 0 when it has ended.
    pub(crate) async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut ready = self.0.readable().await?;
            match ready.try_io(|file| file.get_ref().read(buffer)) {
                // The last process that had the terminal open is gone.
                Ok(Err(error)) if error.raw_os_error() == Some(nix::errno::Errno::EIO as i32) => {
                    return Ok(0);
                }
                Ok(done) => return done,
                Err(_not_yet) => {}
            }
        }
    }

    pub(crate) async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let mut ready = self.0.writable().await?;
            match ready.try_io(|file| file.get_ref().write(bytes)) {
                Ok(written) => bytes = &bytes[written?..],
                Err(_not_yet) => {}
            }
        }
        Ok(())
    }

    pub(crate) fn resize(&self, columns: u16, rows: u16) -> io::Result<()> {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        Ok(tcsetwinsize(self.0.get_ref(), size)?)
    }
}
