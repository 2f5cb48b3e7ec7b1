//! KubeRay's own CRDs, which are not part of this project: they lie beside the repository.

use std::path::PathBuf;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

/// Where upstream's files lie, or none where they are not on this machine. In CI they must be.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/crds/kuberay-1.7"));
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is missing: put KubeRay's CRDs there", folder.display());
    eprintln!("NOT COMPARED: {} is missing: put KubeRay's CRDs there", folder.display());
    None
}

/// The four CRDs by name, as [`tenantbench::workload::ray::derived_crds`] has them.
pub(crate) fn read() -> Option<Vec<CustomResourceDefinition>> {
    let folder = folder()?;
    let read = |plural| {
        let text = std::fs::read_to_string(folder.join(format!("ray.io_{plural}.yaml"))).unwrap();
        serde_saphyr::from_str(&text).unwrap()
    };
    Some(["rayclusters", "raycronjobs", "rayjobs", "rayservices"].map(read).into())
}
