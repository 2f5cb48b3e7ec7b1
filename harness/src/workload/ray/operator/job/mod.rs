//! RayJob → RayCluster and the batch Job that submits the program.

mod decide;
mod desired;
mod reconcile;

pub(super) use reconcile::reconcile;
