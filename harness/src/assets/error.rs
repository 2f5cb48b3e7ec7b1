//! What can go wrong with a binary.

use std::{io, path::PathBuf};

use super::{Binary, GoError, Version};

/// A binary that could not be had. Each message names it, the reason and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AssetError {
    /// No variable says where the cache belongs.
    #[error(
        "no folder for the cache: neither XDG_CACHE_HOME nor HOME is set to an absolute path; set XDG_CACHE_HOME"
    )]
    NoCacheFolder,
    /// A folder that the user named is not there.
    #[error("{path}: no such folder; correct --assets, TENANTBENCH_ASSETS or KUBEBUILDER_ASSETS")]
    NoFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The file cannot be run.
    #[error("{path} does not run: {reason}; {remedy}")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What happened.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// The file is another release than the one that figures are made with.
    #[error("{path} is version {found}, but tenantbench needs {wanted}; {remedy}")]
    WrongVersion {
        /// The file.
        path: PathBuf,
        /// What it says of itself.
        found: Version,
        /// What is pinned.
        wanted: Version,
        /// What to do.
        remedy: String,
    },
    /// A file in the cache is not what was installed.
    #[error(
        "{path} is corrupt: it has changed since it was installed; run `tenantbench tools install --force {binary}`"
    )]
    Changed {
        /// The binary.
        binary: Binary,
        /// The file.
        path: PathBuf,
    },
    /// What was downloaded is not what was published.
    #[error(
        "the download of {binary} from {url} has sha256 {found}, but {wanted} is published; try again, or give your own with --assets DIR"
    )]
    Checksum {
        /// The binary.
        binary: Binary,
        /// Where it came from.
        url: String,
        /// What was computed.
        found: String,
        /// What was published.
        wanted: String,
    },
    /// No source has it.
    #[error("no {binary} {version}: {}; install Go, or give a folder that has it with --assets DIR", .tried.join("; "))]
    Nowhere {
        /// The binary.
        binary: Binary,
        /// The version that is pinned.
        version: Version,
        /// Why each source does not have it.
        tried: Vec<String>,
    },
    /// It could not be built.
    #[error("cannot build {binary}: {source}")]
    Build {
        /// The binary.
        binary: Binary,
        /// What went wrong.
        source: GoError,
    },
    /// The cache cannot be written or read.
    #[error("cannot use the cache: {0}; make it writable with room for 1 GB, or set XDG_CACHE_HOME")]
    Cache(#[from] io::Error),
}
