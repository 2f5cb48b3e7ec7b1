//! `tenantbench syncer`: the syncer, in the one image that holds everything of ours.

use tenantbench_syncer::{cli::SyncerArgs, run::RunError};

use super::{
    exit::{CliError, Code},
    signals,
};

/// Runs until SIGTERM or Ctrl-C.
///
/// # Errors
/// What no waiting mends.
pub(super) async fn run(args: SyncerArgs) -> Result<Code, CliError> {
    let stop = signals::shutdown().map_err(|error| CliError::new(Code::Unfit, error.to_string()))?;
    tenantbench_syncer::cli::run(args, stop).await?;
    Ok(Code::Ok)
}

impl From<RunError> for CliError {
    fn from(error: RunError) -> Self {
        Self::new(Code::HostFailed, error.to_string())
    }
}
