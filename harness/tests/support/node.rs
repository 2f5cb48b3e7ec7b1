//! What tests of nodes share.

/// A folder that is removed in the end; the names of sockets in it stay short.
pub fn folder() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("tb-").tempdir_in("/tmp").unwrap()
}
