//! RayCluster → head Pod, head Service, workers, status.

mod conditions;
mod desired;
mod plan;
mod pods;
mod reconcile;
mod resources;
mod status;

pub(super) use reconcile::reconcile;
