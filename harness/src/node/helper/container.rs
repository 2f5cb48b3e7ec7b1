//! A container: joins its pod's network, gets a root of its own, and becomes its program.

use std::{env::set_current_dir, os::unix::process::CommandExt, process::Command};

use nix::{
    sched::{CloneFlags, unshare},
    sys::prctl,
};

use super::{
    HelperError, Step, filesystem,
    layout::{ContainerLayout, PodNamespaces, Process},
    lifetime,
    user::{self, Namespace},
};

pub(super) fn run(layout: ContainerLayout) -> Result<(), HelperError> {
    lifetime::end_with(layout.parent)?;
    if let Some(place) = &layout.place {
        let pod = Pod::open(&place.pod)?;
        pod.enter()?;
        unshare(CloneFlags::CLONE_NEWNS).step("make a mount namespace")?;
        filesystem::build(place)?;
        leave_rights(&layout.process)?;
    }
    become_program(layout.parent, &layout.process)
}

/// The namespaces of a pod, opened while `/proc` still shows the processes that hold them.
pub(super) struct Pod {
    user: Namespace,
    network: Namespace,
    hostname: Namespace,
}

impl Pod {
    pub(super) fn open(of: &PodNamespaces) -> Result<Self, HelperError> {
        Ok(Self {
            user: Namespace::of(of.router, "user")?,
            network: Namespace::of(of.sandbox, "net")?,
            hostname: Namespace::of(of.sandbox, "uts")?,
        })
    }

    pub(super) fn enter(&self) -> Result<(), HelperError> {
        self.user.enter()?;
        self.network.enter()?;
        self.hostname.enter()
    }
}

/// Enters a user namespace that has no rights over the pod's other namespaces.
pub(super) fn leave_rights(process: &Process) -> Result<(), HelperError> {
    user::enter_new(CloneFlags::empty(), process.uid, process.gid)
}

/// Starts the program in place of this one.
pub(super) fn become_program(parent: i32, process: &Process) -> Result<(), HelperError> {
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
