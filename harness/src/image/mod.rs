//! The one image for everything of ours: nothing but the program that runs, as an OCI archive. Any other static program
//! can be one too.
//!
//! It needs no Dockerfile and no builder: a static program is a whole root filesystem. The same program gives the same
//! bytes, so that a node which holds the image is known by its digest and is given nothing a second time.

mod archive;
mod error;
mod layer;
pub mod node;
mod program;

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

pub use error::ImageError;

/// The repository of the image, as manifests name it.
pub const REPOSITORY: &str = "tenantbench.dev/tenantbench";

/// The image that manifests of this version name.
pub const REFERENCE: &str = concat!("tenantbench.dev/tenantbench:", env!("CARGO_PKG_VERSION"));

/// Where programs lie in images.
const BIN: &str = "usr/local/bin";

/// An image of one program, in memory: a few tens of megabytes.
pub struct Image {
    reference: String,
    layer: Blob,
    config: Blob,
    manifest: Blob,
}

impl Image {
    /// The image of the program that runs.
    ///
    /// # Errors
    /// As [`Image::of`], and where the program's own file cannot be found.
    pub fn of_this_program() -> Result<Self, ImageError> {
        // Not `current_exe`, whose name leads nowhere once the file was replaced by a new build.
        Self::of(Path::new("/proc/self/exe"), "tenantbench", REFERENCE)
    }

    /// The image `reference` of the program at `path`, which is called `name` inside.
    ///
    /// # Errors
    /// [`ImageError`] where it cannot be read, or needs more than itself to run.
    pub fn of(path: &Path, name: &str, reference: &str) -> Result<Self, ImageError> {
        let named = || std::fs::read_link(path).unwrap_or_else(|_| path.to_owned());
        let file = std::fs::read(path).map_err(|source| ImageError::Read { path: named(), source })?;
        let program = program::essence(file).map_err(|why| ImageError::Program { path: named(), why })?;
        let place = format!("{BIN}/{name}");
        let layer = Blob::new(layer::layer(&place, &program).map_err(ImageError::Write)?);
        let config = Blob::json(&archive::config(&place, &layer));
        let manifest = Blob::json(&archive::manifest(&config, &layer));
        Ok(Self { reference: reference.to_owned(), layer, config, manifest })
    }

    /// What containers call it.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// The digest of its configuration, by which Docker knows it.
    pub fn id(&self) -> &str {
        &self.config.digest
    }

    /// What the image is known by: the digest of its manifest, `sha256:…`.
    pub fn digest(&self) -> &str {
        &self.manifest.digest
    }

    /// Its size in bytes, as a node keeps it.
    pub fn size(&self) -> usize {
        self.layer.bytes.len()
    }

    /// Writes it as a tar file that OCI tools, `docker load` and `ctr images import` take.
    ///
    /// # Errors
    /// Where `out` cannot be written.
    pub fn write(&self, out: impl Write) -> std::io::Result<()> {
        archive::write(self, out)
    }

    /// The whole archive.
    ///
    /// # Errors
    /// [`ImageError::Write`], never in practice.
    pub fn archive(&self) -> Result<Vec<u8>, ImageError> {
        let mut bytes = Vec::with_capacity(self.layer.bytes.len() + (1 << 16));
        self.write(&mut bytes).map_err(ImageError::Write)?;
        Ok(bytes)
    }

    /// Writes the archive to a file, whole or not at all.
    ///
    /// # Errors
    /// [`ImageError::Save`] where the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), ImageError> {
        let failed = |source| ImageError::Save { path: path.to_owned(), source };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.map_or_else(|| PathBuf::from("."), Path::to_owned);
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        self.write(&mut file).map_err(failed)?;
        file.persist(path).map_err(|error| failed(error.error))?;
        Ok(())
    }
}

/// Bytes under the name that their content gives them.
struct Blob {
    bytes: Vec<u8>,
    digest: String,
}

impl Blob {
    fn new(bytes: Vec<u8>) -> Self {
        let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { bytes, digest: format!("sha256:{digest}") }
    }

    fn json(document: &serde_json::Value) -> Self {
        Self::new(document.to_string().into_bytes())
    }

    /// Its place in an OCI layout.
    fn path(&self) -> String {
        format!("blobs/{}", self.digest.replacen(':', "/", 1))
    }
}

#[cfg(test)]
mod tests;
