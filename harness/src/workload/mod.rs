//! What a tenant installs: a [`Package`] of plain objects, wherever they came from.
//!
//! A Helm chart or a folder of manifests becomes another file that makes a [`Package`]; nothing else has to know.

use kube::api::DynamicObject;

mod choice;
pub mod container;
pub mod install;
mod package;
pub mod ray;
mod yaml;

pub use choice::{Workload, WorkloadError};
pub use install::InstallError;
pub(crate) use install::{deployment_state, is_available};
pub use package::{Assisted, Instance, Package, ReadyWhen};
pub use yaml::to_yaml;

/// A list of objects that server-side apply takes in this order.
pub type Objects = Vec<DynamicObject>;
