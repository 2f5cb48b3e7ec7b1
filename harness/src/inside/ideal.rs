//! The ideal syncer as a plane's container: a measuring double that is a floor for real ones (`ideal/`).

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use tenantbench_ideal::Plane;
use tenantbench_syncer::client;

use super::{ended, mounted};
use crate::{cli::signals, names};

/// What it is told; a subset of what a syncer is told.
#[derive(clap::Args, Debug)]
pub struct IdealSyncerArgs {
    /// The kubeconfig of the tenant's API.
    #[arg(long, value_name = "FILE")]
    tenant_kubeconfig: PathBuf,
    /// What the names of the host's pods end in.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The StatefulSet of the plane, which owns what is made on the host.
    #[arg(long, value_name = "NAME")]
    stateful_set: String,
    /// The port on which it says that it is ready.
    #[arg(long)]
    port: u16,
}

/// Runs it until a signal.
pub fn ideal_syncer(args: &IdealSyncerArgs) -> ExitCode {
    // As a syncer of one tenant has it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ran = runtime.and_then(|runtime| {
        runtime.block_on(async {
            let stop = signals::shutdown()?;
            let served = async { plane(args).await?.serve(args.port).await };
            tokio::select! {
                ended = served => ended,
                () = stop.cancelled() => Ok(()),
            }
        })
    });
    ended(ran)
}

async fn plane(args: &IdealSyncerArgs) -> io::Result<Plane> {
    let root = mounted(Path::new("/"));
    let tenant = client::from_file(&mounted(&args.tenant_kubeconfig)).await;
    Ok(Plane {
        host: client::in_cluster(&root).map_err(io::Error::other)?,
        tenant: tenant.map_err(io::Error::other)?,
        namespace: client::in_cluster_namespace(&root).map_err(io::Error::other)?,
        name: args.name.clone(),
        stateful_set: args.stateful_set.clone(),
        pods: format!("{}=true", names::LOAD_LABEL),
    })
}
