//! Other programs and kernel features that some hosts use.

use std::process::Stdio;

use tokio::process::Command;

use super::finding::Finding;
use crate::node::{PodIsolation, isolation_check};

pub(super) async fn check() -> Vec<Finding> {
    let docker = first_line("docker", &["version", "--format", "{{.Server.Version}}"]);
    let kind = first_line("kind", &["version"]);
    let (isolation, docker, kind) = tokio::join!(isolation(), docker, kind);
    vec![isolation, other("docker", docker), other("kind", kind)]
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

/// Starts a router and a pod as a host would, and ends them again.
async fn isolation() -> Finding {
    let tried = async {
        let executable = std::env::current_exe()?;
        let folder = tempfile::tempdir()?;
        Ok::<_, std::io::Error>(isolation_check(&executable, folder.path()).await)
    };
    match tried.await {
        Ok(PodIsolation::Namespaces) => Finding::ok("pod isolation", "user, mount and network namespaces"),
        Ok(PodIsolation::None { reason }) => refused(&reason),
        Err(error) => refused(&error.to_string()),
    }
}

fn refused(reason: &str) -> Finding {
    Finding::doubt(
        "pod isolation",
        format!("not here ({reason}): pods that run share its network and files"),
        "sysctl kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0, or run outside the container",
    )
}
