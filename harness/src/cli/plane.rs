//! `tenantbench plane`: what the pod of a virtual cluster's plane runs of ours beside the syncer.

use std::{io::Write, path::PathBuf};

use clap::{Args, Subcommand};
use tenantbench_syncer::client::{self, ClientError, Purpose};

use super::exit::{CliError, Code};
use crate::{
    assets::versions,
    tenancy::vcluster::{
        TenantName,
        prepare::{Prepare, PrepareError, prepare},
        store::{Dump, Etcd, EtcdError},
    },
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
    /// Print the store of the plane whose pod this is, packed.
    Dump(DumpArgs),
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
    /// The plane's store.
    #[arg(long, value_name = "URL", default_value = STORE)]
    etcd: String,
}

#[derive(Args, Debug)]
struct DumpArgs {
    /// The virtual cluster's name.
    #[arg(long)]
    name: TenantName,
    /// The plane's store.
    #[arg(long, value_name = "URL", default_value = STORE)]
    etcd: String,
}

/// Where a plane's store answers in its pod.
const STORE: &str = "http://127.0.0.1:2379";

/// A step that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlaneCliError {
    /// There is no way to the host's API.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] EtcdError),
    /// Nobody reads standard output.
    #[error("cannot write the dump to standard output: {0}")]
    Output(#[from] std::io::Error),
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
    let step = match arguments.step {
        Step::Prepare(step) => step,
        Step::Dump(step) => return dump(&step).await,
    };
    let config = client::in_cluster(&root)?;
    let namespace = client::in_cluster_namespace(&root)?;
    let client = client::client(config, Purpose::Requests)?;
    let step = Prepare {
        name: step.name.to_string(),
        namespace,
        service: step.service_name,
        stateful_set: step.owning_statefulset,
        kubeconfig_secret: step.out_kube_config_secret,
        tls_sans: step.tls_san.into_iter().filter(|san| !san.is_empty()).collect(),
        folder: step.folder,
        etcd: step.etcd,
    };
    prepare(&client, &step).await?;
    Ok(Code::Ok)
}

async fn dump(step: &DumpArgs) -> Result<Code, PlaneCliError> {
    let entries = Etcd::at(&step.etcd).all().await?;
    let dump = Dump::new(step.name.as_str(), versions::KUBERNETES, entries);
    std::io::stdout().lock().write_all(&dump.pack()?)?;
    Ok(Code::Ok)
}

impl From<PlaneCliError> for CliError {
    fn from(error: PlaneCliError) -> Self {
        Self::new(Code::HostFailed, error.to_string())
    }
}
