//! User namespaces: one for the router and all pods of a host, and one nested in it per container.

use std::fs::{File, write};

use nix::{
    sched::{CloneFlags, setns, unshare},
    unistd::{getegid, geteuid},
};

use super::{HelperError, Step};

/// Makes a user namespace with the one user and group that an unprivileged process may map.
///
/// Must follow directly on the start of the process: a second thread makes it fail.
pub(super) fn enter_new(with: CloneFlags, uid: Option<u32>, gid: Option<u32>) -> Result<(), HelperError> {
    let (outer_uid, outer_gid) = (geteuid().as_raw(), getegid().as_raw());
    unshare(CloneFlags::CLONE_NEWUSER | with).step("make a user namespace")?;
    write("/proc/self/setgroups", "deny").step("deny setgroups")?;
    let uid_map = format!("{} {outer_uid} 1", uid.unwrap_or(outer_uid));
    let gid_map = format!("{} {outer_gid} 1", gid.unwrap_or(outer_gid));
    write("/proc/self/uid_map", uid_map).step("map the user")?;
    write("/proc/self/gid_map", gid_map).step("map the group")
}

/// A namespace of another process, opened while its path can still be reached.
pub(super) struct Namespace {
    file: File,
    kind: CloneFlags,
    what: String,
}

impl Namespace {
    /// Opens the namespace `kind` (`user`, `net`, `mnt`, `uts`) of the process `pid`.
    pub(super) fn of(pid: u32, kind: &str) -> Result<Self, HelperError> {
        let path = format!("/proc/{pid}/ns/{kind}");
        let flag = match kind {
            "user" => CloneFlags::CLONE_NEWUSER,
            "net" => CloneFlags::CLONE_NEWNET,
            "mnt" => CloneFlags::CLONE_NEWNS,
            _ => CloneFlags::CLONE_NEWUTS,
        };
        let file = File::open(&path).step(format!("open {path}"))?;
        Ok(Self { file, kind: flag, what: path })
    }

    pub(super) fn enter(&self) -> Result<(), HelperError> {
        setns(&self.file, self.kind).step(format!("enter {}", self.what))
    }
}
