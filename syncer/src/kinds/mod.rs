//! The kinds that are synced: where each lives in an API ([`Api`]), and in which ways it is synced ([`TABLE`]).
//!
//! Watches, roles and what `kinds` prints all follow from the rows that are on ([`Kinds`]); there is no second list.

mod api;
mod chosen;
mod custom;
mod row;
mod table;

pub use api::{Api, Reach};
pub use chosen::{Kinds, KindsError, optional};
pub use custom::Custom;
pub use row::{Direction, Grant, On, Row, Scope};
pub use table::TABLE;

/// One of the two clusters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The virtual cluster, whose users know nothing of the host.
    Tenant,
    /// The cluster that runs its pods.
    Host,
}

/// A kind that the syncer watches or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// v1 Pod.
    Pod,
    /// The ephemeral containers of a v1 Pod, which change apart from it.
    EphemeralContainers,
    /// The amounts of a v1 Pod's containers, which change apart from it.
    PodResize,
    /// The readiness gates of a v1 Pod, whose conditions are part of its status.
    ReadinessGates,
    /// v1 Service.
    Service,
    /// v1 ConfigMap.
    ConfigMap,
    /// v1 Secret.
    Secret,
    /// The v1 Secrets in which the host holds the tokens of a tenant's pods.
    PodToken,
    /// v1 Endpoints.
    Endpoints,
    /// discovery.k8s.io/v1 EndpointSlice.
    EndpointSlice,
    /// v1 PersistentVolumeClaim.
    PersistentVolumeClaim,
    /// v1 PersistentVolume.
    PersistentVolume,
    /// networking.k8s.io/v1 Ingress.
    Ingress,
    /// networking.k8s.io/v1 NetworkPolicy.
    NetworkPolicy,
    /// policy/v1 PodDisruptionBudget.
    PodDisruptionBudget,
    /// v1 ServiceAccount.
    ServiceAccount,
    /// scheduling.k8s.io/v1 PriorityClass.
    PriorityClass,
    /// storage.k8s.io/v1 StorageClass.
    StorageClass,
    /// networking.k8s.io/v1 IngressClass.
    IngressClass,
    /// node.k8s.io/v1 RuntimeClass.
    RuntimeClass,
    /// v1 Namespace.
    Namespace,
    /// v1 Event.
    Event,
    /// v1 Node.
    Node,
    /// coordination.k8s.io/v1 Lease.
    Lease,
    /// A custom resource, known only since the start.
    Custom(Custom),
}

impl Kind {
    /// Where it lives.
    pub fn api(self) -> Api {
        const fn core(name: &'static str, plural: &'static str) -> Api {
            Api::namespaced("", name, plural)
        }
        match self {
            Self::Pod => core("Pod", "pods"),
            Self::EphemeralContainers => core("Pod (ephemeral containers)", "pods"),
            Self::PodResize => core("Pod (resize)", "pods"),
            Self::ReadinessGates => core("Pod (readiness gates)", "pods"),
            Self::Service => core("Service", "services"),
            Self::ConfigMap => core("ConfigMap", "configmaps"),
            Self::Secret => core("Secret", "secrets"),
            Self::PodToken => core("Secret (pod tokens)", "secrets"),
            Self::Endpoints => core("Endpoints", "endpoints"),
            Self::EndpointSlice => Api::namespaced("discovery.k8s.io", "EndpointSlice", "endpointslices"),
            Self::PersistentVolumeClaim => core("PersistentVolumeClaim", "persistentvolumeclaims"),
            Self::PersistentVolume => Api::cluster("", "PersistentVolume", "persistentvolumes"),
            Self::Ingress => Api::namespaced("networking.k8s.io", "Ingress", "ingresses"),
            Self::NetworkPolicy => Api::namespaced("networking.k8s.io", "NetworkPolicy", "networkpolicies"),
            Self::PodDisruptionBudget => {
                Api::namespaced("policy", "PodDisruptionBudget", "poddisruptionbudgets")
            }
            Self::ServiceAccount => core("ServiceAccount", "serviceaccounts"),
            Self::PriorityClass => Api::cluster("scheduling.k8s.io", "PriorityClass", "priorityclasses"),
            Self::StorageClass => Api::cluster("storage.k8s.io", "StorageClass", "storageclasses"),
            Self::IngressClass => Api::cluster("networking.k8s.io", "IngressClass", "ingressclasses"),
            Self::RuntimeClass => Api::cluster("node.k8s.io", "RuntimeClass", "runtimeclasses"),
            Self::Namespace => Api::cluster("", "Namespace", "namespaces"),
            Self::Event => core("Event", "events"),
            Self::Node => Api::cluster("", "Node", "nodes"),
            Self::Lease => Api::namespaced("coordination.k8s.io", "Lease", "leases"),
            Self::Custom(custom) => custom.api(),
        }
    }

    /// Whether its objects are copied to the host by the one engine for kinds without rules of their own
    /// ([`crate::sync`], `content`), where they go down.
    pub fn is_copied(self) -> bool {
        match self {
            Self::ConfigMap
            | Self::Secret
            | Self::Endpoints
            | Self::EndpointSlice
            | Self::PersistentVolumeClaim
            | Self::Ingress
            | Self::NetworkPolicy
            | Self::PodDisruptionBudget
            | Self::ServiceAccount
            | Self::PriorityClass
            | Self::StorageClass
            | Self::Custom(_) => true,
            Self::Pod
            | Self::EphemeralContainers
            | Self::PodResize
            | Self::ReadinessGates
            | Self::PodToken
            | Self::Service
            | Self::PersistentVolume
            | Self::IngressClass
            | Self::RuntimeClass
            | Self::Namespace
            | Self::Event
            | Self::Node
            | Self::Lease => false,
        }
    }

    /// Whether its metadata say all that is wanted of it, so that nothing else of it is read.
    pub fn is_read_by_metadata(self) -> bool {
        self == Self::PodToken
    }

    /// What its watch is called.
    pub fn watched_as(self) -> &'static str {
        match self {
            Self::PodToken => "secrets (pod tokens)",
            _ => self.api().plural,
        }
    }

    /// What kube needs to watch it.
    pub fn resource(self) -> kube::core::ApiResource {
        self.api().resource()
    }

    /// Its name as the API spells it.
    pub fn name(self) -> &'static str {
        self.api().name
    }

    /// `v1` or `GROUP/VERSION`.
    pub fn api_version(self) -> String {
        self.api().api_version()
    }

    /// The path of an object, or of the whole collection where `name` is empty.
    pub fn path(self, namespace: &str, name: &str) -> String {
        self.api().path(namespace, name)
    }
}
