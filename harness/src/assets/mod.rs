//! Kubernetes binaries: find, download and verify, or build.
//!
//! Each binary comes from the first source that has it: folders that the user named, the cache, the official
//! release (checked against its published checksum), a `go build` of the pinned module. What was downloaded or
//! built goes into the cache, whole or not at all.

mod binary;
mod cache;
mod download;
mod error;
mod go;
mod lookup;
mod progress;
mod recipe;
mod resolve;
mod tarball;
pub mod versions;
mod wrapper;

pub use binary::{Binary, Version};
pub use cache::{Cache, Record};
pub use download::Releases;
pub use error::AssetError;
pub use go::{Go, GoError};
pub use lookup::{Found, Options, Source, locate};
pub use progress::{Progress, Silent, Step};
pub use resolve::{Assets, Workshop, install, resolve, workshop};
