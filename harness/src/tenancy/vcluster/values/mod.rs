//! What a virtual cluster is to be: the values of `tenant create`, of the Helm chart and of a VirtualCluster.

mod held;
mod images;
mod resources;

use std::{collections::BTreeMap, num::NonZeroU16};

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::custom::VirtualClusterStatus;

pub use images::Images;
pub use resources::{Demand, Resources};

/// Values of a virtual cluster. All have defaults; an empty text stands for one that follows the virtual cluster's name.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(group = "tenantbench.dev", version = "v1alpha1", kind = "VirtualCluster", namespaced)]
#[kube(
    status = "VirtualClusterStatus",
    shortname = "vc",
    doc = "A virtual cluster in the namespace that it is in."
)]
#[kube(printcolumn(name = "phase", type_ = "string", json_path = ".status.phase"))]
#[kube(printcolumn(name = "age", type_ = "date", json_path = ".metadata.creationTimestamp"))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Values {
    /// The Service of the virtual cluster's API [default: its name].
    pub service_name: String,
    /// The StatefulSet of the plane, which owns whatever the virtual cluster has on the host [default: its name].
    pub stateful_set_name: String,
    /// The Secret with the kubeconfig of the virtual cluster's admin [default: NAME-kubeconfig].
    pub kubeconfig_secret: String,
    /// The end of the names of objects that are synced to the host [default: its name].
    pub suffix: String,
    /// More names and addresses by which the virtual cluster's API is reached, for its certificate.
    pub tls_sans: Vec<String>,
    /// The host cluster's range of Service addresses, which both sides share.
    pub service_cidr: String,
    /// How the API is reached from outside the host cluster.
    pub service: Service,
    /// Where the store lies; in the pod, and gone with it, where no size is given.
    pub storage: Storage,
    /// What runs.
    pub images: Images,
    /// What each container asks for, and what it may use.
    pub resources: Resources,
    /// By how many per cent the heaps of store, API server and controllers may grow between two collections, Go's GOGC:
    /// less means less memory and more CPU.
    pub heap_growth: NonZeroU16,
    /// Hard limits of a ResourceQuota beside the virtual cluster. Only who may write quotas can ask for one, which the
    /// built-in admin role may not.
    pub quota: BTreeMap<String, String>,
    /// More flags of the syncer, such as --sync=ingresses.
    pub syncer_flags: Vec<String>,
}

/// The Service of the API.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Service {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: ServiceType,
    /// The port of every node, for the type NodePort; 0 lets the host choose one.
    pub node_port: u16,
}

/// The type of a Service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ServiceType {
    /// Reached inside the host cluster, and by port-forward.
    #[default]
    ClusterIP,
    /// Reached by a port of every node, too.
    NodePort,
    /// Reached by an address of its own, too.
    LoadBalancer,
}

/// The store's disk.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Storage {
    /// How much, such as 1Gi; empty for no disk.
    pub size: String,
    /// The host's StorageClass; empty for its default one.
    pub class: String,
}

impl Storage {
    /// Whether the store outlives the plane's pod.
    pub(super) fn is_disk(&self) -> bool {
        !self.size.is_empty()
    }
}

/// Half of Go's own: a fifth of a plane's memory less, for an eighth more of the CPU that its API server's start takes, and
/// for two fifths more where large CRDs are installed.
const HEAP_GROWTH: NonZeroU16 = match NonZeroU16::new(50) {
    Some(percent) => percent,
    None => NonZeroU16::MIN,
};

impl Default for Values {
    fn default() -> Self {
        Self {
            service_name: String::new(),
            stateful_set_name: String::new(),
            kubeconfig_secret: String::new(),
            suffix: String::new(),
            tls_sans: Vec::new(),
            // kind's own, and that of our local hosts.
            service_cidr: "10.96.0.0/16".to_owned(),
            service: Service::default(),
            storage: Storage::default(),
            images: Images::default(),
            resources: Resources::default(),
            heap_growth: HEAP_GROWTH,
            quota: BTreeMap::new(),
            syncer_flags: Vec::new(),
        }
    }
}

impl Values {
    /// Reads a file of values, YAML or JSON.
    ///
    /// # Errors
    /// What is no value, by line and column.
    pub fn parse(text: &str) -> Result<Self, serde_saphyr::Error> {
        serde_saphyr::from_str(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_values_says_only_what_differs() {
        let values = Values::parse("tlsSans: [a.example]\nresources: {etcd: {cpu: 30m}}\n").unwrap();
        assert_eq!(values.tls_sans, ["a.example"]);
        assert_eq!(values.resources.etcd.cpu, "30m");
        assert_eq!(values.resources.settled().etcd.memory, Resources::default().etcd.memory);
        assert_eq!(values.images, Images::default());
    }

    #[test]
    fn a_word_that_is_no_value_is_named() {
        let error = Values::parse("tlsSan: [a]\n").unwrap_err().to_string();
        assert!(error.contains("tlsSan"), "{error}");
    }
}
