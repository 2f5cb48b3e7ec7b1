//! Kubernetes binaries: find, download and verify, or build.
