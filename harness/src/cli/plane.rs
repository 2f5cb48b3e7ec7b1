//! `tenantbench plane`: what the pod of a virtual cluster's plane runs of ours beside the syncer.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tenantbench_syncer::client::{self, ClientError, Purpose};

use super::exit::{CliError, Code};
use crate::tenancy::vcluster::{
    TenantName,
    prepare::{Prepare, PrepareError, prepare},
};

/// Run a step of a virtual cluster's plane; this is what its pod starts.
#[derive(Args, Debug)]
pub(super) struct PlaneArgs {
    #[command(subcommand)]
    step: Step,
    /// The folder that stands for `/` where pods share the machine's files.
    #[arg(long, env = "TENANTBENCH_POD_ROOT", default_value = "/", hide = true, global = true)]
    pod_root: PathBuf,
}

#[derive(Subcommand, Debug)]
enum Step {
    /// Make keys and kubeconfigs, or read those of an earlier start, and write the files that the others need.
    Prepare(PrepareArgs),
}

#[derive(Args, Debug)]
struct PrepareArgs {
    /// The virtual cluster's name.
    #[arg(long)]
    name: TenantName,
    /// Its Service.
    #[arg(long)]
    service_name: String,
    /// The StatefulSet of its plane, which owns the Secrets.
    #[arg(long)]
    owning_statefulset: String,
    /// The Secret that gets its admin's kubeconfig.
    #[arg(long)]
    out_kube_config_secret: String,
    /// More names and addresses by which its API is reached.
    #[arg(long, value_delimiter = ',')]
    tls_san: Vec<String>,
    /// Where the files go.
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
}

/// A step that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlaneCliError {
    /// There is no way to the host's API.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The first step failed.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
}

/// Does the step.
///
/// # Errors
/// As the step ends.
pub(super) async fn run(arguments: PlaneArgs) -> Result<Code, PlaneCliError> {
    let root = arguments.pod_root;
    let config = client::in_cluster(&root)?;
    let namespace = client::in_cluster_namespace(&root)?;
    let client = client::client(config, Purpose::Requests)?;
    match arguments.step {
        Step::Prepare(step) => {
            let step = Prepare {
                name: step.name.to_string(),
                namespace,
                service: step.service_name,
                stateful_set: step.owning_statefulset,
                kubeconfig_secret: step.out_kube_config_secret,
                tls_sans: step.tls_san.into_iter().filter(|san| !san.is_empty()).collect(),
                folder: step.folder,
            };
            prepare(&client, &step).await?;
        }
    }
    Ok(Code::Ok)
}

impl From<PlaneCliError> for CliError {
    fn from(error: PlaneCliError) -> Self {
        Self::new(Code::HostFailed, error.to_string())
    }
}
