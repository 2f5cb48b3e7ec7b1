//! What ends a syncer.

use crate::{client::ClientError, config::ConfigError, kinds::KindsError, kubelet::KubeletError};

/// Something that no waiting mends.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A client cannot be made.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The kubelet endpoint cannot be opened.
    #[error(transparent)]
    Kubelet(#[from] KubeletError),
    /// A configuration that cannot be followed.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Kinds that cannot be synced together.
    #[error(transparent)]
    Kinds(#[from] KindsError),
    /// Manifests that are no YAML.
    #[error("the manifests cannot be written as YAML: {0}; report this")]
    Yaml(serde_saphyr::ser::Error),
    /// Nobody reads standard output.
    #[error("cannot write to standard output: {0}; send it to a file or a pipe that is read")]
    Output(std::io::Error),
    /// Never: the note about a tenant is a ConfigMap.
    #[error("the note of who the tenant is cannot be made: {0}; report this")]
    Note(serde_json::Error),
    /// The owner has no known form.
    #[error("owner {0:?} is not KIND/NAME with a kind of statefulset, deployment, service, configmap or pod")]
    OwnerForm(String),
    /// The owner is not there.
    #[error("{kind}/{name} is not in host namespace {namespace}; name the plane's own object with --owner")]
    OwnerMissing {
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
        /// Where it was looked for.
        namespace: String,
    },
    /// The plane's Service has no cluster address.
    #[error("host Service {0} has no cluster address and port; pods reach the tenant's API by them")]
    ServiceAddress(String),
    /// Pods of the tenant could be taken for the plane's.
    #[error(
        "a tenant's pod could have the labels that host Service {0} selects, and get the plane's traffic; add a label \
         that begins with tenantbench.dev/ to the plane's pods and to the selector"
    )]
    ServiceSelector(String),
    /// A range that is none.
    #[error("{0:?} is no service range; write it as 10.96.0.0/16")]
    RangeForm(String),
    /// The tenant's service range is not the host's.
    #[error(
        "the host gives no addresses from the tenant's service range {range}: {reason}; start the tenant's API server with the host's --service-cluster-ip-range"
    )]
    Range {
        /// The tenant's range.
        range: String,
        /// The host's words.
        reason: String,
    },
    /// The tenant's API is another cluster's than the one that the copies were made from.
    #[error(
        "the tenant's API is not that of the tenant whose copies are on the host: its etcd was wiped, or the kubeconfig leads elsewhere; nothing was removed; bring the former one back, or have its copies replaced by what this one wants: delete ConfigMap {config_map} for this once, or say --another-tenant=replace for always"
    )]
    OtherTenant {
        /// Where the host keeps who the tenant is.
        config_map: String,
    },
    /// The same while the syncer runs, where that is allowed.
    #[error(
        "the tenant's API is another cluster's now, which --another-tenant=replace allows: start the syncer anew"
    )]
    TenantReplaced,
    /// Another replica leads, or may.
    #[error(
        "the lead was lost: Lease {lease} could not be renewed in time, or another replica has it; nothing was written since; start the syncer anew, and it waits for its turn"
    )]
    LostLead {
        /// The Lease.
        lease: String,
    },
    /// The tenant's API shows an earlier state than before.
    #[error(
        "the tenant's API went back from revision {newest} to {revision}, as after a restore from a backup; nothing is believed that was seen before: start the syncer anew"
    )]
    WentBack {
        /// The newest revision that was seen.
        newest: u64,
        /// The present one.
        revision: u64,
    },
    /// The host refuses something that the syncer cannot do without.
    #[error("the host refuses {doing}: {reason}; grant the syncer its Role")]
    Refused {
        /// What was asked.
        doing: String,
        /// The host's words.
        reason: String,
    },
    /// The health endpoint cannot be opened.
    #[error("health cannot be served on {address}: {source}; choose another --listen")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
}
