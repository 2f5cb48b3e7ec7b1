//! Removal of clusters, by label: it needs no kind, no state, and nothing of the run that made them.

use std::{collections::BTreeSet, io, path::Path, time::Duration};

use nix::sys::signal::Signal;
use procfs::process::Process;

use super::{
    Docker, DockerError,
    names::{CLUSTER_LABEL, RUN_LABEL, prefix},
};
use crate::{
    host::folder::RunFolder,
    process::{Identity, of_run},
};

/// How long the engine may take to start a container.
const PATIENCE: Duration = Duration::from_secs(30);

/// The clusters of runs whose folders are in `runs`, whether those live or not.
///
/// # Errors
/// When the engine cannot be asked.
pub async fn clusters(runs: &Path) -> Result<BTreeSet<String>, DockerError> {
    let label = |name: &str| format!("{{{{.Label \"{name}\"}}}}");
    let filter = |name: &str| format!("label={name}");
    let (containers, networks) = (label(CLUSTER_LABEL), label(RUN_LABEL));
    let containers =
        Docker.lines(["ps", "--all", "--filter", &filter(CLUSTER_LABEL), "--format", &containers]).await?;
    let networks =
        Docker.lines(["network", "ls", "--filter", &filter(RUN_LABEL), "--format", &networks]).await?;
    let prefix = prefix(runs);
    Ok(containers.into_iter().chain(networks).filter(|name| name.starts_with(&prefix)).collect())
}

/// Removes a cluster's containers, their volumes and its network. Returns what was removed, a line each.
///
/// # Errors
/// When the engine cannot be asked, or refuses.
pub async fn remove(cluster: &str) -> Result<Vec<String>, DockerError> {
    let nodes = containers(cluster).await?;
    let mut removed = Vec::new();
    if !nodes.is_empty() {
        let rm = ["rm", "--force", "--volumes"].into_iter().chain(nodes.iter().map(String::as_str));
        Docker.run(rm).await?;
        removed.extend(nodes.iter().map(|name| format!("container {name}")));
    }
    let filter = format!("label={RUN_LABEL}={cluster}");
    for network in Docker.lines(["network", "ls", "--filter", &filter, "--format", "{{.Name}}"]).await? {
        Docker.run(["network", "rm", &network]).await?;
        removed.push(format!("network {network}"));
    }
    Ok(removed)
}

/// The containers of a cluster, by name.
pub(super) async fn containers(cluster: &str) -> Result<Vec<String>, DockerError> {
    let filter = format!("label={CLUSTER_LABEL}={cluster}");
    Docker.lines(["ps", "--all", "--filter", &filter, "--format", "{{.Names}}"]).await
}

/// Ends kind, and waits for the containers that it has already asked for: the engine would go on to start them after
/// their asker was killed, and after we looked for what to remove.
///
/// # Errors
/// When one takes longer than any engine should.
pub(in crate::host) fn end_creation(folder: &RunFolder) -> io::Result<()> {
    for kind in of_run(folder.path()).into_iter().filter(|entry| entry.name == "kind") {
        kind.identity.signal(Signal::SIGKILL);
    }
    for entry in of_run(folder.path()) {
        if starts_a_container(entry.identity) && !entry.identity.wait_ended(PATIENCE)? {
            return Err(io::Error::other(format!(
                "`docker run` (process {}) does not end",
                entry.identity.pid
            )));
        }
    }
    Ok(())
}

fn starts_a_container(process: Identity) -> bool {
    let words = Process::new(process.pid.cast_signed()).and_then(|process| process.cmdline());
    words.is_ok_and(|words| {
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        matches!(words.as_slice(), [program, "run", ..] if Path::new(program).ends_with("docker"))
    })
}
