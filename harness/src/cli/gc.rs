//! `tenantbench gc`: removes what killed runs left.

use clap::Args;

use super::{
    exit::{CliError, Code},
    output::Terminal,
};
use crate::host::{
    HostError,
    gc::{leftovers, orphaned_clusters, remove_run},
    kind::{self, DockerError},
    state::{forwards_folder, runs_folder},
};

/// Remove what killed runs and port-forwards left behind. Those that live are not touched.
#[derive(Args, Debug)]
pub(super) struct GcArgs {
    /// Only say what would be removed.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(arguments: &GcArgs, terminal: &Terminal) -> Result<Code, CliError> {
    let runs = runs_folder().map_err(HostError::from)?;
    let mut found = leftovers(&runs)?;
    found.extend(leftovers(&forwards_folder().map_err(HostError::from)?)?);
    let clusters = match orphaned_clusters(&runs).await {
        Err(HostError::Docker(error @ DockerError::NotRunning(_))) => {
            terminal.note(&format!("clusters were not looked for: {error}"));
            Default::default()
        }
        found => found?,
    };
    if found.is_empty() && clusters.is_empty() {
        terminal.note("nothing to remove");
    }
    for leftover in found {
        if arguments.dry_run {
            for process in &leftover.processes {
                terminal
                    .data(&format!("would remove process {} ({})", process.identity.pid, process.name))?;
            }
            terminal.data(&format!("would remove folder {}", leftover.folder.path().display()))?;
        } else {
            for line in remove_run(&leftover.folder).await? {
                terminal.data(&format!("removed {line}"))?;
            }
        }
    }
    for cluster in clusters {
        if arguments.dry_run {
            terminal.data(&format!("would remove cluster {cluster}"))?;
            continue;
        }
        for line in kind::remove(&cluster).await.map_err(HostError::from)? {
            terminal.data(&format!("removed {line}"))?;
        }
    }
    Ok(Code::Ok)
}
