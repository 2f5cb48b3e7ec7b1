//! `ray.io/v1`, the stored version.

mod autoscaler;
mod cluster;
mod cron_job;
mod group;
mod job;
mod job_deletion;
mod network_policy;
mod options;
mod service;
mod status;

pub(crate) use autoscaler::UpscalingMode;
pub(crate) use cluster::{RayCluster, RayClusterSpec};
pub(crate) use cron_job::{RayCronJob, RayCronJobSpec, RayCronJobStatus};
pub(crate) use group::WorkerGroupSpec;
pub(crate) use job::{JobDeploymentStatus, JobStatus, RayJob, RayJobSpec, RayJobStatus};
pub(crate) use service::{RayService, RayServiceSpec, RayServiceStatus};
pub(crate) use status::{ClusterState, HeadInfo, RayClusterStatus};
