//! The custom resources of `ray.io` as Rust types. Their fields and names are KubeRay's.

#![expect(clippy::duplicated_attributes, reason = "the columns of a table repeat their keys")]

pub(crate) mod v1;
pub(crate) mod v1alpha1;
