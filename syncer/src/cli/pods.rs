//! What a tenant's pods may do.

use clap::Args;

use crate::translate::{pod::Rules, security::Level};

/// Limits of a tenant's pods.
#[derive(Args, Clone, Debug)]
pub struct PodArgs {
    /// Pod Security level that the virtual cluster's pods must meet; at privileged only the host's own policy holds.
    #[arg(long, env = "TENANTBENCH_SYNCER_POD_SECURITY", value_name = "LEVEL", value_enum, default_value_t)]
    pub pod_security: Level,

    /// Let pods reach their node: hostNetwork, hostPID, hostIPC, hostPath, host ports [default: refused].
    #[arg(long, env = "TENANTBENCH_SYNCER_NODE_ACCESS")]
    pub node_access: bool,

    /// CSI driver that pods may use inline, where its attributes name nothing outside the pod; may be repeated.
    #[arg(long, env = "TENANTBENCH_SYNCER_INLINE_CSI_DRIVERS", value_name = "DRIVER", value_delimiter = ',')]
    pub inline_csi_driver: Vec<String>,

    /// RuntimeClass of the host that pods may ask for; may be repeated.
    #[arg(long, env = "TENANTBENCH_SYNCER_RUNTIME_CLASSES", value_name = "NAME", value_delimiter = ',')]
    pub runtime_class: Vec<String>,

    /// DNS domain of the virtual cluster.
    #[arg(
        long,
        env = "TENANTBENCH_SYNCER_CLUSTER_DOMAIN",
        value_name = "DOMAIN",
        default_value = "cluster.local"
    )]
    pub cluster_domain: String,
}

impl From<PodArgs> for Rules {
    fn from(args: PodArgs) -> Self {
        Self {
            level: args.pod_security,
            node_access: args.node_access,
            csi_drivers: args.inline_csi_driver,
            runtime_classes: args.runtime_class,
            domain: args.cluster_domain,
        }
    }
}
