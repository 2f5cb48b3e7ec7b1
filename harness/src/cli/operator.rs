//! `tenantbench operator`: runs an operator, in a Pod or against any kubeconfig.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use tenantbench_syncer::client::{self, ClientError, Purpose};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::{
    tenancy::vcluster::custom,
    workload::ray::operator::{self, OperatorConfig, OperatorError},
};

/// Watches that one operator opens for each namespace it is told to watch, the lease's included.
const WATCHES_PER_SCOPE: usize = 11;

/// Run an operator until it is told to stop. This is what a workload's Deployment starts.
#[derive(Args, Debug)]
pub(super) struct OperatorArgs {
    #[command(subcommand)]
    operator: Operator,
}

#[derive(Subcommand, Debug)]
enum Operator {
    /// The operator of Ray (built-in model): RayCluster and RayJob.
    Ray(RayArgs),
    /// The operator of VirtualCluster resources; `tenantbench tenant operator` prints what it needs.
    VirtualClusters(VirtualClustersArgs),
}

#[derive(Args, Debug)]
struct VirtualClustersArgs {
    /// The API server to talk to [default: the one whose Pod this is].
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// The one namespace to watch [default: all].
    #[arg(long, value_name = "NS")]
    watch_namespace: Option<String>,
    /// The folder that stands for `/` where Pods share the machine's files.
    #[arg(long, env = "TENANTBENCH_POD_ROOT", default_value = "/", hide = true)]
    pod_root: PathBuf,
}

#[derive(Args, Debug)]
struct RayArgs {
    /// The API server to talk to [default: the one whose Pod this is].
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Where `/metrics`, `/healthz` and `/readyz` are served.
    #[arg(long, default_value = "0.0.0.0:8080")]
    listen: SocketAddr,
    /// Namespaces to watch [default: all].
    #[arg(long, value_name = "NS", value_delimiter = ',')]
    watch_namespace: Vec<String>,
    /// The namespace of the Lease.
    #[arg(long, env = "POD_NAMESPACE", default_value = "default")]
    namespace: String,
    /// This process among others that stand for the Lease [default: the Pod's name, or the process].
    #[arg(long, env = "POD_NAME")]
    identity: Option<String>,
    /// The folder that stands for `/` where Pods share the machine's files.
    #[arg(long, env = "TENANTBENCH_POD_ROOT", default_value = "/", hide = true)]
    pod_root: PathBuf,
}

/// An operator that could not start or had to end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OperatorCliError {
    /// There is no way to the API server.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// It had to end.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// The operator of VirtualClusters had to end.
    #[error(transparent)]
    VirtualClusters(#[from] custom::OperatorError),
    /// Signals cannot be listened to.
    #[error("cannot listen for SIGTERM: {0}; the operator would not give its lease back")]
    Signal(#[source] std::io::Error),
}

/// Runs until SIGTERM or Ctrl-C.
///
/// # Errors
/// When there is no way to the API server, or the operator ends by itself.
pub(super) async fn run(args: OperatorArgs) -> Result<(), OperatorCliError> {
    let args = match args.operator {
        Operator::Ray(args) => args,
        Operator::VirtualClusters(args) => return virtual_clusters(args).await,
    };
    let config = access(args.kubeconfig.as_deref(), &args.pod_root).await?;
    let streams = WATCHES_PER_SCOPE.saturating_mul(args.watch_namespace.len().max(1));
    let client = client::client(config, Purpose::Watches { streams })?;
    let stop = CancellationToken::new();
    stop_on_signal(stop.clone())?;
    let identity = args.identity.unwrap_or_else(|| format!("process-{}", std::process::id()));
    let config = OperatorConfig {
        namespace: args.namespace,
        identity,
        watch_namespaces: args.watch_namespace,
        listen: args.listen,
    };
    Ok(operator::run(client, config, stop).await?)
}

async fn virtual_clusters(args: VirtualClustersArgs) -> Result<(), OperatorCliError> {
    let config = access(args.kubeconfig.as_deref(), &args.pod_root).await?;
    let client = client::client(config, Purpose::Watches { streams: 2 })?;
    let stop = CancellationToken::new();
    stop_on_signal(stop.clone())?;
    Ok(custom::run(client, args.watch_namespace.as_deref(), stop).await?)
}

async fn access(kubeconfig: Option<&Path>, pod_root: &Path) -> Result<kube::Config, ClientError> {
    match kubeconfig {
        Some(file) => client::from_file(file).await,
        None => client::in_cluster(pod_root),
    }
}

fn stop_on_signal(stop: CancellationToken) -> Result<(), OperatorCliError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(OperatorCliError::Signal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(OperatorCliError::Signal)?;
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        stop.cancel();
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: OperatorArgs,
    }

    #[test]
    fn a_pod_needs_no_flags() {
        let Operator::Ray(args) = Cli::parse_from(["operator", "ray"]).args.operator else { panic!() };
        assert_eq!(args.listen.port(), 8080);
        assert!(args.watch_namespace.is_empty());
    }

    #[test]
    fn namespaces_are_separated_by_commas() {
        let cli = Cli::parse_from(["operator", "ray", "--watch-namespace=a,b"]);
        let Operator::Ray(args) = cli.args.operator else { panic!() };
        assert_eq!(args.watch_namespace, ["a", "b"]);
    }
}
