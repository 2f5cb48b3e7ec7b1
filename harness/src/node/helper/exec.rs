//! A command in a running container.

use std::fs::OpenOptions;

use nix::unistd::setsid;

use super::{HelperError, Step, container, layout::ExecLayout, lifetime, user::Namespace};

pub(super) fn run(layout: ExecLayout) -> Result<(), HelperError> {
    lifetime::end_with(layout.parent)?;
    let network = Namespace::of(layout.sandbox, "net")?;
    let hostname = Namespace::of(layout.sandbox, "uts")?;
    let mounts = Namespace::of(layout.container, "mnt")?;
    if layout.terminal {
        control_terminal()?;
    }
    Namespace::of(layout.router, "user")?.enter()?;
    network.enter()?;
    hostname.enter()?;
    mounts.enter()?;
    container::become_program(layout.parent, &layout.process)
}

/// A session leader without a terminal takes the first one that it opens.
fn control_terminal() -> Result<(), HelperError> {
    setsid().step("start a session")?;
    OpenOptions::new().read(true).write(true).open("/proc/self/fd/0").step("take the terminal")?;
    Ok(())
}
