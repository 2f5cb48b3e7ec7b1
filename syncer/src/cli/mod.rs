//! The command line of a syncer, the same in `tenantbench-syncer` and `tenantbench syncer`.

mod kinds;
mod pods;
mod role;

use std::{
    io::Write,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
pub use pods::PodArgs;
use tokio_util::sync::CancellationToken;

use crate::{
    client,
    clock::Clock,
    kinds::{Kinds, Row, optional},
    kubelet::{self, NodeMetrics},
    names::{Names, dns_label},
    run::{self, Endpoints, Health, Options, Owner, RunError},
};

/// Where volumes are mounted, for a pod that shares the machine's files; unset in an ordinary pod.
const POD_ROOT: &str = "TENANTBENCH_POD_ROOT";

/// Runs the pods of a virtual cluster on its host cluster.
#[derive(Args, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct SyncerArgs {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    run: Option<RunArgs>,
}

/// What a syncer does instead of syncing.
#[derive(Subcommand, Clone, Debug)]
enum Verb {
    Kinds(kinds::KindsArgs),
    Role(role::RoleArgs),
}

/// How to sync.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// Name of the virtual cluster: a DNS label, part of the names of its host objects.
    #[arg(long, env = "TENANTBENCH_SYNCER_NAME", value_parser = dns_label)]
    pub name: String,

    /// Host namespace for all of its objects [default: the syncer's own].
    #[arg(long, env = "TENANTBENCH_SYNCER_HOST_NAMESPACE", value_name = "NAMESPACE")]
    pub host_namespace: Option<String>,

    /// Kubeconfig for the host [default: the pod's service account].
    #[arg(long, env = "TENANTBENCH_SYNCER_HOST_KUBECONFIG", value_name = "FILE")]
    pub host_kubeconfig: Option<PathBuf>,

    /// Kubeconfig for the virtual cluster's API, with a user that may do all there.
    #[arg(long, env = "TENANTBENCH_SYNCER_TENANT_KUBECONFIG", value_name = "FILE")]
    pub tenant_kubeconfig: PathBuf,

    /// Host Service of the virtual cluster's API, through which its pods reach it.
    #[arg(long, env = "TENANTBENCH_SYNCER_SERVICE")]
    pub service: String,

    /// Host object that owns all others, as statefulset/NAME: when it goes, they go [default: none].
    #[arg(long, env = "TENANTBENCH_SYNCER_OWNER", value_name = "KIND/NAME")]
    pub owner: Option<Owner>,

    /// Address under which the virtual cluster's API server reaches this syncer: the pod's.
    #[arg(long, env = "TENANTBENCH_SYNCER_NODE_ADDRESS", value_name = "IP")]
    pub node_address: IpAddr,

    /// Port of the kubelet endpoint, for logs and exec.
    #[arg(long, env = "TENANTBENCH_SYNCER_KUBELET_PORT", value_name = "PORT", default_value_t = 10250)]
    pub kubelet_port: u16,

    /// Serving certificate of the kubelet endpoint, with the node address among its names [default: no endpoint].
    #[arg(long, env = "TENANTBENCH_SYNCER_KUBELET_CERT", value_name = "FILE", requires_all = ["kubelet_key", "kubelet_client_ca"])]
    pub kubelet_cert: Option<PathBuf>,

    /// Key of that certificate.
    #[arg(long, env = "TENANTBENCH_SYNCER_KUBELET_KEY", value_name = "FILE", requires = "kubelet_cert")]
    pub kubelet_key: Option<PathBuf>,

    /// Authority of the API server's kubelet client certificate.
    #[arg(
        long,
        env = "TENANTBENCH_SYNCER_KUBELET_CLIENT_CA",
        value_name = "FILE",
        requires = "kubelet_cert"
    )]
    pub kubelet_client_ca: Option<PathBuf>,

    /// Figures that host kubelets keep of the virtual cluster's pods, under its own names: /metrics/… and /stats/summary
    /// of its Nodes.
    #[arg(long, env = "TENANTBENCH_SYNCER_NODE_METRICS", value_enum, default_value_t)]
    pub node_metrics: NodeMetrics,

    /// Service range of the virtual cluster, checked against the host's at start [default: not checked].
    #[arg(long, env = "TENANTBENCH_SYNCER_SERVICE_CIDR", value_name = "CIDR")]
    pub service_cidr: Option<String>,

    /// Endpoints and EndpointSlices of Services without a selector: synced where the host's Role covers them, which the
    /// built-in admin does not, or never.
    #[arg(long, env = "TENANTBENCH_SYNCER_ENDPOINTS", value_enum, default_value_t)]
    pub endpoints: Endpoints,

    /// Limits of the tenant's pods.
    #[command(flatten)]
    pub pods: PodArgs,

    /// Kinds to sync besides those that always are, as `kinds` lists them; `role` prints what they need on the host.
    #[arg(long, env = "TENANTBENCH_SYNCER_SYNC", value_name = "KIND", value_delimiter = ',', value_parser = optional)]
    pub sync: Vec<Row>,

    /// Address of /livez and /readyz.
    #[arg(long, env = "TENANTBENCH_SYNCER_LISTEN", value_name = "ADDRESS", default_value = "0.0.0.0:8081")]
    pub listen: SocketAddr,
}

/// Does what the command line says: prints something, or syncs until `stop`, which it follows within a second.
///
/// # Errors
/// What no waiting mends; an API that is not up yet is waited for.
pub async fn run(args: SyncerArgs, stop: CancellationToken) -> Result<(), RunError> {
    match (args.verb, args.run) {
        (Some(Verb::Kinds(args)), _) => kinds::run(&args),
        (Some(Verb::Role(args)), _) => role::run(args),
        (None, Some(args)) => sync(args, stop).await,
        // Some arguments are required, so there are some.
        (None, None) => Ok(()),
    }
}

async fn sync(args: RunArgs, stop: CancellationToken) -> Result<(), RunError> {
    let health = Health::default();
    let served = run::serve(args.listen, health.clone(), stop.clone());
    let running = async {
        let options = options(args).await?;
        run::run(options, health, stop.clone()).await
    };
    tokio::select! {
        ended = served => ended,
        ended = running => ended,
    }
}

async fn options(args: RunArgs) -> Result<Options, RunError> {
    let root = std::env::var_os(POD_ROOT).map_or_else(|| PathBuf::from("/"), PathBuf::from);
    let host = match &args.host_kubeconfig {
        Some(file) => client::from_file(file).await?,
        None => client::in_cluster(&root)?,
    };
    let namespace = match args.host_namespace {
        Some(namespace) => namespace,
        None => client::in_cluster_namespace(&root)?,
    };
    let tenant = client::from_file(&below(&root, &args.tenant_kubeconfig)).await?;
    let kubelet = match (args.kubelet_cert, args.kubelet_key, args.kubelet_client_ca) {
        (Some(certificate), Some(key), Some(authority)) => Some(kubelet::Options {
            listen: SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), args.kubelet_port),
            certificate: below(&root, &certificate),
            key: below(&root, &key),
            client_authority: below(&root, &authority),
        }),
        _ => None,
    };
    Ok(Options {
        names: Names::new(args.name, namespace),
        host,
        tenant,
        service: args.service,
        owner: args.owner,
        node_address: args.node_address.to_string(),
        kubelet_port: args.kubelet_port,
        kubelet,
        node_metrics: args.node_metrics,
        service_cidr: args.service_cidr,
        endpoints: args.endpoints,
        pods: args.pods.into(),
        clock: Clock::default(),
        kinds: args.sync.into_iter().try_fold(Kinds::default(), Kinds::with)?,
    })
}

fn print(text: &str) -> Result<(), RunError> {
    std::io::stdout().write_all(text.as_bytes()).map_err(RunError::Output)
}

/// A mounted file's place. One that is there as it is named is not mounted.
fn below(root: &Path, path: &Path) -> PathBuf {
    let mounted = root.join(path.strip_prefix("/").unwrap_or(path));
    if path.is_absolute() && mounted.exists() { mounted } else { path.to_owned() }
}
