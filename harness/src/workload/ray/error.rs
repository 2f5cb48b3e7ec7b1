//! What can go wrong when the Ray workload is put together.

use super::crds::CrdFilesError;

/// A package that could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RayError {
    /// The Rust types do not give a valid CRD: a fault of this program.
    #[error(
        "cannot derive the CRDs of ray.io: {reason}; report this, or use --crds DIR with upstream's files"
    )]
    Derive {
        /// What does not fit.
        reason: String,
    },
    /// `--crds DIR` does not hold what is needed.
    #[error(transparent)]
    Files(#[from] CrdFilesError),
}
