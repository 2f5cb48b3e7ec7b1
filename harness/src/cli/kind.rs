//! The flags of a kind host, and what must be there before one can start.

use std::path::PathBuf;

use clap::Args;

use super::{
    exit::{CliError, Code},
    local::AssetArgs,
    output::Terminal,
};
use crate::{
    assets::{Binary, versions},
    host::{
        HostError,
        kind::{Docker, NodeImage, Profile},
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
    ) -> Result<(PathBuf, NodeImage), CliError> {
        Docker.engine().await.map_err(HostError::from)?;
        let found = assets.resolve(&[Binary::Kind], terminal).await?;
        let program = found.path(Binary::Kind).map(PathBuf::from);
        let program = program.ok_or_else(|| CliError::new(Code::Bug, "kind was not looked for"))?;
        Ok((program, self.image().await?))
    }

    async fn image(&self) -> Result<NodeImage, CliError> {
        match &self.node_image {
            Some(named) => Ok(NodeImage::Named(named.clone())),
            None => Ok(NodeImage::Official(versions::KIND_NODE_IMAGE.to_owned())),
        }
    }
}
