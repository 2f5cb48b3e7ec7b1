//! Kubeconfigs as files, which only their owner may read.

use std::{io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use kube::config::Kubeconfig;

/// A kubeconfig that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the kubeconfig: {0}")]
pub struct KubeconfigFileError(#[from] std::io::Error);

/// A kubeconfig as text; JSON is YAML too, and needs no second serialiser.
pub fn text(config: &Kubeconfig) -> String {
    serde_json::to_string_pretty(config).unwrap_or_default()
}

/// Writes a kubeconfig to a file of this name.
///
/// # Errors
/// When it cannot be written; the message names it.
pub fn write(path: &Path, config: &Kubeconfig) -> Result<(), KubeconfigFileError> {
    let mut options = fs_err::OpenOptions::new();
    options.create(true).truncate(true).write(true);
    options.options_mut().mode(0o600);
    Ok(options.open(path)?.write_all(text(config).as_bytes())?)
}
