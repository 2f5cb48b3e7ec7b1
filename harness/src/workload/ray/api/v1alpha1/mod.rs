//! `ray.io/v1alpha1`: still served, deprecated, and only here for the weight and shape of the CRDs.

mod cluster;
mod job;
mod service;

pub(crate) use cluster::{RayCluster, RayClusterSpec, RayClusterStatus};
pub(crate) use job::{RayJob, RayJobSpec, RayJobStatus};
pub(crate) use service::{RayService, RayServiceSpec, RayServiceStatus};
