//! A command in a running container.

use std::fs::OpenOptions;

use nix::unistd::setsid;

use super::{
    HelperError, Step,
    container::{self, Pod},
    layout::ExecLayout,
    lifetime,
    user::Namespace,
};

pub(super) fn run(layout: ExecLayout) -> Result<(), HelperError> {
    lifetime::end_with(layout.parent)?;
    if layout.terminal {
        control_terminal()?;
    }
    if let Some((pod, container)) = &layout.place {
        let mounts = Namespace::of(*container, "mnt")?;
        let pod = Pod::open(pod)?;
        pod.enter()?;
        mounts.enter()?;
        container::leave_rights(&layout.process)?;
    }
    container::become_program(layout.parent, &layout.process)
}

/// A session leader without a terminal takes the first one that it opens.
fn control_terminal() -> Result<(), HelperError> {
    setsid().step("start a session")?;
    OpenOptions::new().read(true).write(true).open("/proc/self/fd/0").step("take the terminal")?;
    Ok(())
}
