//! Other programs and kernel features that some hosts use.

use std::process::Stdio;

use nix::sched::{CloneFlags, unshare};
use tokio::process::Command;

use super::finding::Finding;

pub(super) async fn check() -> Vec<Finding> {
    let docker = first_line("docker", &["version", "--format", "{{.Server.Version}}"]);
    let kind = first_line("kind", &["version"]);
    let (namespaces, docker, kind) = tokio::join!(namespaces(), docker, kind);
    vec![namespaces, other("docker", docker), other("kind", kind)]
}

fn other(name: &str, version: Option<String>) -> Finding {
    match version {
        Some(version) => Finding::ok(name, version),
        None => Finding::note(name, "not there (only hosts of kind `kind` need it)"),
    }
}

async fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).lines().next()?.to_owned())
}

/// Tries it in a child, since no sysctl tells what a security module or a container forbids.
async fn namespaces() -> Finding {
    let mut command = Command::new("true");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let hook = || {
        let wanted = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET;
        unshare(wanted).map_err(std::io::Error::from)
    };
    // SAFETY: between fork and exec the hook makes one system call and does not allocate.
    unsafe { command.pre_exec(hook) };
    match command.status().await {
        Ok(status) if status.success() => Finding::ok("pod isolation", "user, mount and network namespaces"),
        Ok(status) => refused(&status.to_string()),
        Err(error) => refused(&error.to_string()),
    }
}

fn refused(reason: &str) -> Finding {
    Finding::doubt(
        "pod isolation",
        format!("this machine forbids user namespaces ({reason}): pods that run share its network and files"),
        "sysctl kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0, or run outside the container",
    )
}
