//! The flags of a kind host, and what must be there before one can start.

use std::{path::PathBuf, sync::Arc};

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::{
    exit::{CliError, Code},
    local::AssetArgs,
    output::Terminal,
    progress,
};
use crate::{
    assets::Binary,
    host::{
        HostError,
        kind::{
            Docker, NodeImage, Profile,
            node_image::{self, Say},
        },
    },
};

/// What a kind host is to be.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Kind host")]
pub struct KindArgs {
    /// How many nodes, and how large.
    #[arg(long, value_enum, default_value_t, env = "TENANTBENCH_CLUSTER", value_name = "PROFILE")]
    pub cluster: Profile,
    /// The image of nodes [default: kind's own, else what `tools node-image` builds].
    #[arg(long, env = "TENANTBENCH_NODE_IMAGE", value_name = "IMAGE")]
    pub node_image: Option<String>,
}

impl KindArgs {
    /// Finds the kind program and the node image, and obtains what is not there.
    ///
    /// # Errors
    /// What is missing, with the remedy.
    pub async fn prepare(
        &self,
        assets: &AssetArgs,
        terminal: &Terminal,
        shutdown: &CancellationToken,
    ) -> Result<(PathBuf, NodeImage), CliError> {
        let there = async {
            let engine = Docker.engine().await.map_err(HostError::from)?;
            Ok::<_, CliError>((engine, assets.resolve(&[Binary::Kind], terminal).await?))
        };
        let (engine, found) = tokio::select! {
            there = there => there?,
            () = shutdown.cancelled() => return Err(HostError::Interrupted.into()),
        };
        let program = found.path(Binary::Kind).map(PathBuf::from);
        let program = program.ok_or_else(|| CliError::new(Code::Bug, "kind was not looked for"))?;
        let image = match &self.node_image {
            Some(named) => {
                let say = say(terminal);
                let found = tokio::select! {
                    found = node_image::find(named, &say) => found,
                    () = shutdown.cancelled() => return Err(HostError::Interrupted.into()),
                };
                found.map_err(HostError::from)?
            }
            None => {
                let (options, progress) = (assets.options()?, progress::assets(terminal));
                node_image::obtain(&engine, &options, progress, say(terminal), shutdown).await?
            }
        };
        Ok((program, image))
    }
}

/// Shows lines on the terminal.
pub(super) fn say(terminal: &Terminal) -> Say {
    let terminal = *terminal;
    Arc::new(move |text: &str| terminal.note(text))
}
