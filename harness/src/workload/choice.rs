//! What a scenario's tenants install, ready to be put into any namespace.

use camino::Utf8PathBuf;

use super::{Package, ray};

/// A workload that could not be put together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkloadError {
    /// The Ray model.
    #[error(transparent)]
    Ray(#[from] ray::RayError),
    /// No workload of that name.
    #[error("no workload {0:?}; known: ray")]
    Unknown(String),
}

/// A workload by its parameters. Its CRDs are read or derived once.
#[derive(Clone, Debug)]
pub struct Workload {
    options: ray::Options,
    crds: super::Objects,
}

impl Workload {
    /// The workload `name` whose instance is called `instance` and has `workers` workers; its CRDs come from `crds`
    /// instead of the built-in ones where given.
    ///
    /// # Errors
    /// [`WorkloadError`] for an unknown name, or a folder that does not hold the CRDs.
    pub fn new(
        name: &str,
        instance: &str,
        workers: u32,
        crds: Option<Utf8PathBuf>,
    ) -> Result<Self, WorkloadError> {
        if name != "ray" {
            return Err(WorkloadError::Unknown(name.to_owned()));
        }
        let sample = ray::Sample { name: instance.to_owned(), workers, ..ray::Sample::default() };
        let options = ray::Options { crds, sample, ..ray::Options::default() };
        let crds = ray::chosen_crds(&options)?;
        Ok(Self { options, crds })
    }

    /// The same for a host whose nodes run containers, where pods that are simulated elsewhere need a program.
    #[must_use]
    pub fn for_real_nodes(&self) -> Self {
        let sample = self.options.sample.clone().with_stand_in();
        Self { options: ray::Options { sample, ..self.options.clone() }, crds: self.crds.clone() }
    }

    /// The workload as it is installed into `namespace`.
    ///
    /// # Errors
    /// [`WorkloadError`] where an object cannot be built.
    pub fn package(&self, namespace: &str) -> Result<Package, WorkloadError> {
        let options = ray::Options { namespace: namespace.to_owned(), ..self.options.clone() };
        Ok(ray::package_with(self.crds.clone(), &options)?)
    }
}
