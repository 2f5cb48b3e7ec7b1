//! Everything that a syncer can be told. Flag, file field and schema share name, type and words.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::{CustomKind, TenantFile, custom};
use crate::{
    kinds::{KindsError, optional},
    kubelet::NodeMetrics,
    log,
    names::dns_label,
    run::{AnotherTenant, Endpoints, Owner},
    translate::security::Level,
};

/// The language of a config file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SchemaName {
    /// Its first version.
    #[serde(rename = "tenantbench.dev/syncer-config/v1")]
    V1,
}

/// Settings of a syncer. A field that is absent has been said by nobody.
#[derive(Args, Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[schemars(title = "SyncerConfig")]
pub struct Settings {
    /// The language of this file.
    #[arg(skip)]
    pub schema: Option<SchemaName>,

    /// Name of the virtual cluster: a DNS label, part of the names of its host objects.
    #[arg(long, env = "TENANTBENCH_SYNCER_NAME", value_parser = dns_label)]
    #[serde(deserialize_with = "label")]
    pub name: Option<String>,

    /// Host namespace for all of its objects [default: the syncer's own].
    #[arg(long, env = "TENANTBENCH_SYNCER_HOST_NAMESPACE", value_name = "NAMESPACE")]
    pub host_namespace: Option<String>,

    /// Kubeconfig for the host [default: the pod's service account].
    #[arg(long, env = "TENANTBENCH_SYNCER_HOST_KUBECONFIG", value_name = "FILE")]
    pub host_kubeconfig: Option<PathBuf>,

    /// Kubeconfig for the virtual cluster's API, with a user that may do all there.
    #[arg(long, env = "TENANTBENCH_SYNCER_TENANT_KUBECONFIG", value_name = "FILE")]
    pub tenant_kubeconfig: Option<PathBuf>,

    /// A virtual cluster of many that this process serves, as NAME=KUBECONFIG; may be repeated. `{tenant}` in other settings
    /// stands for its name.
    #[arg(long, env = "TENANTBENCH_SYNCER_TENANTS", value_name = "NAME=KUBECONFIG", value_delimiter = ',')]
    pub tenant: Option<Vec<TenantFile>>,

    /// Folder of virtual clusters that this process serves: NAME.kubeconfig, and NAME.yaml for settings of its own. They
    /// come and go as the files do.
    #[arg(long, env = "TENANTBENCH_SYNCER_TENANTS_DIR", value_name = "FOLDER")]
    pub tenants_dir: Option<PathBuf>,

    /// Host namespace whose Secrets with the label tenantbench.dev/tenant=NAME are virtual clusters that this process
    /// serves: `kubeconfig`, and `settings` of its own.
    #[arg(long, env = "TENANTBENCH_SYNCER_TENANT_SECRETS", value_name = "NAMESPACE")]
    pub tenant_secrets: Option<String>,

    /// Lease on the host by which several replicas elect the one that writes, in the host namespace unless another is
    /// named [default: one replica, no Lease].
    #[arg(long, env = "TENANTBENCH_SYNCER_LEASE", value_name = "[NAMESPACE/]NAME")]
    pub lease: Option<String>,

    /// Host Service of the virtual cluster's API, through which its pods reach it.
    #[arg(long, env = "TENANTBENCH_SYNCER_SERVICE")]
    pub service: Option<String>,

    /// Host object that owns all others, as statefulset/NAME: when it goes, they go [default: none].
    #[arg(long, env = "TENANTBENCH_SYNCER_OWNER", value_name = "KIND/NAME")]
    pub owner: Option<Owner>,

    /// Address under which the virtual cluster's API server reaches this syncer: the pod's.
    #[arg(long, env = "TENANTBENCH_SYNCER_NODE_ADDRESS", value_name = "IP")]
    pub node_address: Option<IpAddr>,

    /// Port of the kubelet endpoint, for logs and exec [default: 10250].
    #[arg(long, env = "TENANTBENCH_SYNCER_KUBELET_PORT", value_name = "PORT")]
    pub kubelet_port: Option<u16>,

    /// Serving certificate of the kubelet endpoint, with the node address among its names [default: no endpoint].
    #[arg(long, env = "TENANTBENCH_SYNCER_KUBELET_CERT", value_name = "FILE")]
    pub kubelet_cert: Option<PathBuf>,

    /// Key of that certificate.
    #[arg(long, env = "TENANTBENCH_SYNCER_KUBELET_KEY", value_name = "FILE")]
    pub kubelet_key: Option<PathBuf>,

    /// Authority of the API server's kubelet client certificate.
    #[arg(long, env = "TENANTBENCH_SYNCER_KUBELET_CLIENT_CA", value_name = "FILE")]
    pub kubelet_client_ca: Option<PathBuf>,

    /// Which of the host's classes the virtual cluster gets, where `sync` names host classes: a label selector
    /// [default: all].
    #[arg(long, env = "TENANTBENCH_SYNCER_HOST_CLASS_SELECTOR", value_name = "SELECTOR")]
    pub host_class_selector: Option<String>,

    /// Figures that host kubelets keep of the virtual cluster's pods, under its own names: /metrics/… and /stats/summary
    /// of its Nodes [default: off].
    #[arg(long, env = "TENANTBENCH_SYNCER_NODE_METRICS", value_enum)]
    pub node_metrics: Option<NodeMetrics>,

    /// Service range of the virtual cluster, checked against the host's at start [default: not checked].
    #[arg(long, env = "TENANTBENCH_SYNCER_SERVICE_CIDR", value_name = "CIDR")]
    pub service_cidr: Option<String>,

    /// Endpoints and EndpointSlices of Services without a selector: synced where the host's Role covers them, which the
    /// built-in admin does not, or never [default: auto].
    #[arg(long, env = "TENANTBENCH_SYNCER_ENDPOINTS", value_enum)]
    pub endpoints: Option<Endpoints>,

    /// What to do where the virtual cluster's API turns out to be another cluster's than the one that the copies on the
    /// host were made from: end and remove nothing, or replace all that the former one has there [default: refuse].
    #[arg(long, env = "TENANTBENCH_SYNCER_ANOTHER_TENANT", value_enum)]
    pub another_tenant: Option<AnotherTenant>,

    /// Pod Security level that the virtual cluster's pods must meet; at privileged only the host's own policy holds
    /// [default: privileged].
    #[arg(long, env = "TENANTBENCH_SYNCER_POD_SECURITY", value_name = "LEVEL", value_enum)]
    pub pod_security: Option<Level>,

    /// Let pods reach their node: hostNetwork, hostPID, hostIPC, hostPath, host ports [default: refused].
    #[arg(
        long,
        env = "TENANTBENCH_SYNCER_NODE_ACCESS",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub node_access: Option<bool>,

    /// CSI driver that pods may use inline, where its attributes name nothing outside the pod; may be repeated.
    #[arg(long, env = "TENANTBENCH_SYNCER_INLINE_CSI_DRIVERS", value_name = "DRIVER", value_delimiter = ',')]
    pub inline_csi_driver: Option<Vec<String>>,

    /// RuntimeClass of the host that pods may ask for; may be repeated.
    #[arg(long, env = "TENANTBENCH_SYNCER_RUNTIME_CLASSES", value_name = "NAME", value_delimiter = ',')]
    pub runtime_class: Option<Vec<String>>,

    /// DNS domain of the virtual cluster [default: cluster.local].
    #[arg(long, env = "TENANTBENCH_SYNCER_CLUSTER_DOMAIN", value_name = "DOMAIN")]
    pub cluster_domain: Option<String>,

    /// Kinds to sync besides those that always are, as `kinds` lists them; `role` prints what they need on the host.
    #[arg(long, env = "TENANTBENCH_SYNCER_SYNC", value_name = "KIND", value_delimiter = ',', value_parser = option)]
    #[serde(deserialize_with = "options")]
    pub sync: Option<Vec<String>>,

    /// Custom resources that are synced, as {group: G, kind: K, rules: [...]}; a flag for each kind.
    #[arg(
        long,
        env = "TENANTBENCH_SYNCER_CUSTOM",
        value_name = "YAML",
        value_delimiter = '\n',
        value_parser = custom::parse
    )]
    pub custom: Option<Vec<CustomKind>>,

    /// Address of /livez, /readyz and /metrics [default: 0.0.0.0:8081].
    #[arg(long, env = "TENANTBENCH_SYNCER_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,

    /// How log lines are written on standard error [default: text].
    #[arg(long, env = "TENANTBENCH_SYNCER_LOG_FORMAT", value_enum, value_name = "FORMAT")]
    pub log_format: Option<log::Format>,

    /// What is logged: off, error, warn, info, debug or trace, or directives such as tenantbench=debug,kube=info
    /// [default: info].
    #[arg(long, env = "TENANTBENCH_SYNCER_LOG_LEVEL", value_name = "LEVEL", value_parser = log::level)]
    #[serde(deserialize_with = "log_level")]
    pub log_level: Option<String>,
}

fn label<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| dns_label(&text)).transpose().map_err(D::Error::custom)
}

fn log_level<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| log::level(&text)).transpose().map_err(D::Error::custom)
}

fn option(name: &str) -> Result<String, KindsError> {
    optional(name).map(|_| name.to_owned())
}

fn options<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    let names = Option::<Vec<String>>::deserialize(deserializer)?;
    names.map(|names| names.iter().map(|name| option(name)).collect()).transpose().map_err(D::Error::custom)
}
