//! The custom resources of `ray.io` as Rust types. Their fields and names are KubeRay's.

pub(crate) mod v1;
pub(crate) mod v1alpha1;
