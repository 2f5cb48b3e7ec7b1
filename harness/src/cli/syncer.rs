//! `tenantbench syncer`: the syncer, in the one image that holds everything of ours, with the virtual cluster's DNS.

use std::io;

use tenantbench_syncer::cli::{self, Failure};
use tokio::runtime::Runtime;

use super::{
    exit::{CliError, Code},
    output::OutputArgs,
    signals,
};
use crate::tenancy::vcluster::dns;

/// The syncer's own flags, and what is run inside besides.
#[derive(clap::Args, Debug)]
pub(super) struct FurnishedSyncerArgs {
    #[command(flatten)]
    syncer: cli::SyncerArgs,
    /// Image of CoreDNS to run as the virtual cluster's DNS, in a pod of its own [default: no DNS].
    #[arg(long, env = "TENANTBENCH_DNS_IMAGE", value_name = "IMAGE")]
    dns_image: Option<String>,
}

/// Its arguments, which heed how much of the log is to be shown.
pub(super) fn arguments(mut args: FurnishedSyncerArgs, output: &OutputArgs) -> FurnishedSyncerArgs {
    if let Some(level) = output.servers_level() {
        args.syncer = args.syncer.logging_usually(level);
    }
    args
}

/// What it runs on.
pub(super) fn runtime(args: &FurnishedSyncerArgs) -> io::Result<Runtime> {
    cli::runtime(&args.syncer)
}

/// Runs until SIGTERM or Ctrl-C.
///
/// # Errors
/// What no waiting mends.
pub(super) async fn run(args: FurnishedSyncerArgs) -> Result<Code, CliError> {
    let stop = signals::shutdown().map_err(|error| CliError::new(Code::Unfit, error.to_string()))?;
    let tenant = args.syncer.tenant_kubeconfig();
    let furnish = async {
        if let (Some(tenant), Some(image)) = (tenant, &args.dns_image) {
            dns::furnish(&tenant, image).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        ended = cli::run(args.syncer, stop) => ended?,
        () = furnish => {}
    }
    Ok(Code::Ok)
}

impl From<Failure> for CliError {
    fn from(failure: Failure) -> Self {
        let error = Self::new(Code::HostFailed, failure.to_string());
        if failure.is_logged { error.told() } else { error }
    }
}
