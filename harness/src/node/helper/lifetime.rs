//! Ties a helper's life to that of the process that started it.

use nix::{
    sys::{prctl, signal::Signal},
    unistd::getppid,
};

use super::{HelperError, Step};

/// Asks the kernel to kill this process when its parent ends.
///
/// Entering a namespace can clear the request, so it is made again right before the program starts.
pub(super) fn end_with(parent: i32) -> Result<(), HelperError> {
    prctl::set_pdeathsig(Signal::SIGKILL).step("ask to end with the supervisor")?;
    if getppid().as_raw() == parent { Ok(()) } else { Err(HelperError::Orphan) }
}
