//! What tests of nodes share.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

/// A folder that is removed in the end; the names of sockets in it stay short.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("tb-").tempdir_in("/tmp").unwrap()
}
