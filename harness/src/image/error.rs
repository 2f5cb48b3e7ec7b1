//! What can go wrong with our image.

use std::{io, path::PathBuf};

use super::program::Unfit;

/// An image that could not be made or given to a node.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The program's file cannot be read.
    #[error("cannot read the program {path} for its image: {source}; build it again, then start anew")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The program cannot be the whole of an image.
    #[error("{path} cannot be a container image by itself: {why}")]
    Program {
        /// Which program.
        path: PathBuf,
        /// Why not, with the remedy.
        why: Unfit,
    },
    /// The archive could not be put together.
    #[error("cannot put the image together: {0}; please report this")]
    Write(#[source] io::Error),
    /// The archive could not be kept.
    #[error("cannot write the image to {path}: {source}; choose another --output")]
    Save {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A node did not take the image.
    #[error(
        "node {node} does not take the image {image}: {reason}; is its disk full? (`docker exec {node} df -h`)"
    )]
    Node {
        /// Which node, by its container.
        node: String,
        /// Which image.
        image: String,
        /// The node's words, one line.
        reason: String,
    },
}
