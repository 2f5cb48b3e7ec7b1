//! A container: joins its pod's network, gets a root of its own, and becomes its program.

use std::{env::set_current_dir, os::unix::process::CommandExt, process::Command};

use nix::{
    sched::{CloneFlags, unshare},
    sys::prctl,
};

use super::{
    HelperError, Step, filesystem,
    layout::{ContainerLayout, Process},
    lifetime,
    user::{self, Namespace},
};

pub(super) fn run(layout: ContainerLayout) -> Result<(), HelperError> {
    lifetime::end_with(layout.parent)?;
    let network = Namespace::of(layout.sandbox, "net")?;
    let hostname = Namespace::of(layout.sandbox, "uts")?;
    Namespace::of(layout.router, "user")?.enter()?;
    network.enter()?;
    hostname.enter()?;
    unshare(CloneFlags::CLONE_NEWNS).step("make a mount namespace")?;
    filesystem::build(&layout)?;
    become_program(layout.parent, &layout.process)
}

/// Leaves the rights over the pod's namespaces behind and starts the program.
pub(super) fn become_program(parent: i32, process: &Process) -> Result<(), HelperError> {
    user::enter_new(CloneFlags::empty(), process.uid, process.gid)?;
    let directory = &process.directory;
    set_current_dir(directory).step(format!("enter the working directory {}", directory.display()))?;
    prctl::set_no_new_privs().step("give up new privileges")?;
    lifetime::end_with(parent)?;
    let Some((program, arguments)) = process.argv.split_first() else {
        return Err(HelperError::Refused("there is no command to start".into()));
    };
    // Returns only where it failed.
    Err(Command::new(program).args(arguments).exec()).step(format!("start {program:?}"))
}
