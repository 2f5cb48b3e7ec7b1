//! VirtualCluster, a custom resource whose spec is the values, and the operator that makes its objects.
//!
//! Deleting one needs no finalizer: it owns the objects, the StatefulSet owns the rest, and Kubernetes collects both.

mod manifests;
mod reconcile;
mod run;
mod status;

pub use manifests::{manifests, rules};
pub use reconcile::ReconcileError;
pub use run::{OperatorError, run};
pub use status::VirtualClusterStatus;
