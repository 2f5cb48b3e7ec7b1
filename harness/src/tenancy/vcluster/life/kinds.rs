//! The kinds of objects that a virtual cluster can have in its host namespace.

use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{
        ConfigMap, Endpoints, PersistentVolumeClaim, Pod, ResourceQuota, Secret, Service, ServiceAccount,
    },
    discovery::v1::EndpointSlice,
    networking::v1::{Ingress, NetworkPolicy},
    policy::v1::PodDisruptionBudget,
    rbac::v1::{Role, RoleBinding},
};
use kube::core::ApiResource;
use tenantbench_syncer::names::marks;

use crate::{names, tenancy::vcluster::PlaneNames};

/// What the virtual cluster itself is made of, the StatefulSet first: with it goes what owns it.
pub(super) fn own() -> Vec<ApiResource> {
    vec![
        ApiResource::erase::<StatefulSet>(&()),
        ApiResource::erase::<Service>(&()),
        ApiResource::erase::<RoleBinding>(&()),
        ApiResource::erase::<Role>(&()),
        ApiResource::erase::<ServiceAccount>(&()),
        ApiResource::erase::<Secret>(&()),
        ApiResource::erase::<ResourceQuota>(&()),
        ApiResource::erase::<PersistentVolumeClaim>(&()),
    ]
}

/// What bears the virtual cluster's mark or its syncer's: a kind, and the selector of what is its.
pub(super) fn marked(names: &PlaneNames) -> Vec<(ApiResource, String)> {
    let plane = format!("{}={}", names::VIRTUAL_CLUSTER_LABEL, names.cluster);
    let synced = format!("{}={}", marks::VCLUSTER, names.suffix);
    let follows = [
        ApiResource::erase::<Pod>(&()),
        ApiResource::erase::<Endpoints>(&()),
        ApiResource::erase::<EndpointSlice>(&()),
    ];
    let of_plane = own().into_iter().chain(follows).map(|kind| (kind, plane.clone()));
    let copies = [
        ApiResource::erase::<Pod>(&()),
        ApiResource::erase::<Service>(&()),
        ApiResource::erase::<ConfigMap>(&()),
        ApiResource::erase::<Secret>(&()),
        ApiResource::erase::<PersistentVolumeClaim>(&()),
        ApiResource::erase::<ServiceAccount>(&()),
        ApiResource::erase::<Ingress>(&()),
        ApiResource::erase::<NetworkPolicy>(&()),
        ApiResource::erase::<PodDisruptionBudget>(&()),
        ApiResource::erase::<Endpoints>(&()),
        ApiResource::erase::<EndpointSlice>(&()),
    ];
    of_plane.chain(copies.map(|kind| (kind, synced.clone()))).collect()
}
