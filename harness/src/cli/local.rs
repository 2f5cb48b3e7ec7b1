//! The flags of a local host, shared by the verbs that start one.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::{
    exit::{CliError, Code},
    output::Terminal,
    progress,
};
use crate::{
    assets::{self, Assets, Binary, Options},
    host::{Blueprint, LocalBlueprint, cidr::Cidr},
};

/// What a local host is to be.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Local host")]
pub struct LocalArgs {
    /// How many simulated nodes.
    #[arg(long, default_value_t = 3, env = "TENANTBENCH_NODES", value_name = "N")]
    pub nodes: u32,
    /// How long a pod without a program of its own waits until it is Ready.
    #[arg(long, default_value = "0.5", env = "TENANTBENCH_NODE_READY_DELAY", value_name = "SECONDS", value_parser = seconds)]
    pub node_ready_delay: Duration,
    /// The range of Service addresses.
    #[arg(long, default_value = "10.96.0.0/16", env = "TENANTBENCH_SERVICE_CIDR", value_name = "CIDR")]
    pub service_cidr: Cidr,
}

/// Where binaries come from.
#[derive(Args, Clone, Debug)]
pub struct AssetArgs {
    /// A folder with Kubernetes binaries to use before any other. TENANTBENCH_ASSETS and KUBEBUILDER_ASSETS name others.
    #[arg(long, value_name = "DIR")]
    pub assets: Option<PathBuf>,
    /// Never download binaries.
    #[arg(long, env = "TENANTBENCH_NO_DOWNLOAD")]
    pub no_download: bool,
    /// Never build binaries with Go.
    #[arg(long, env = "TENANTBENCH_NO_BUILD")]
    pub no_build: bool,
}

impl AssetArgs {
    /// Where to look, and how to obtain.
    ///
    /// # Errors
    /// When a named folder is not there.
    pub fn options(&self) -> Result<Options, CliError> {
        let mut options = Options::from_env(self.assets.clone())?;
        options.build = !self.no_build;
        if self.no_download {
            options.releases = None;
        }
        Ok(options)
    }

    /// Finds programs, and obtains those that are not there, showing progress.
    ///
    /// # Errors
    /// When one cannot be had.
    pub async fn resolve(&self, wanted: &[Binary], terminal: &Terminal) -> Result<Assets, CliError> {
        let options = self.options()?;
        let assets = assets::resolve(&options, wanted, progress::assets(terminal)).await?;
        for warning in assets.all().filter_map(|found| found.warning.as_ref()) {
            terminal.warn(warning);
        }
        Ok(assets)
    }
}

impl LocalArgs {
    /// A host of processes with these binaries.
    ///
    /// # Errors
    /// When not all of them were looked for, which is a bug.
    pub fn blueprint(&self, assets: &Assets) -> Result<Blueprint, CliError> {
        let binaries = assets.control_plane();
        Ok(Blueprint::Local(LocalBlueprint {
            binaries: binaries.ok_or_else(|| CliError::new(Code::Bug, "not all servers were looked for"))?,
            nodes: self.nodes,
            ready_delay: self.node_ready_delay,
            service_cidr: self.service_cidr,
        }))
    }
}

/// Reads a number of seconds: `1.5`, `2s`.
///
/// # Errors
/// When it is none.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let number =
        text.trim_end_matches('s').parse::<f64>().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(number).map_err(|error| error.to_string())
}
