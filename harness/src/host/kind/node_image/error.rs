//! What can go wrong with a node image.

use std::io;

use crate::{assets::AssetError, host::kind::DockerError};

/// A node image that could not be had. Each message names the thing, the reason and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeImageError {
    /// Docker cannot do its part.
    #[error(transparent)]
    Docker(#[from] DockerError),
    /// A program that goes into it cannot be had.
    #[error(transparent)]
    Asset(#[from] AssetError),
    /// The packages of the system's distribution are unpacked with `chroot`.
    #[error(
        "a node image is built by root alone; run `sudo tenantbench tools node-image`, or name an image with --node-image"
    )]
    NotRoot,
    /// A program of the system is missing.
    #[error(
        "a node image is built with {program}; `apt-get install {package}`, or name an image with --node-image"
    )]
    NoProgram {
        /// The program.
        program: &'static str,
        /// The package that has it.
        package: &'static str,
    },
    /// Builds are switched off.
    #[error(
        "no node image is there, and builds are switched off; name one with --node-image, or leave out --no-build"
    )]
    NoBuild,
    /// The recipe failed.
    #[error("the node image could not be built: {step}: {reason}")]
    Failed {
        /// What was being done.
        step: String,
        /// The last line that was printed.
        reason: String,
        /// The last lines.
        tail: Vec<String>,
    },
    /// Ctrl-C.
    #[error("interrupted; no node image was built, and nothing of it is left")]
    Interrupted,
    /// A file of ours cannot be written.
    #[error("cannot prepare the node image: {0}")]
    Io(#[from] io::Error),
}
