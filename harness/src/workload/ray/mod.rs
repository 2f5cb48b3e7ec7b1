//! Ray (built-in model): four CRDs and an operator, of the weight and shape of KubeRay 1.7.

mod api;
mod crds;
mod error;
mod manifests;
pub mod operator;

pub use crds::{CrdFilesError, derived as derived_crds};
pub use error::RayError;
pub use manifests::{Options, Sample, chosen_crds, package, package_with};
