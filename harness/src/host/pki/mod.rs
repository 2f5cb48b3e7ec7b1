//! Keys and certificates of a cluster: ECDSA P-256, because a whole cluster's worth takes milliseconds.

mod authority;
mod cluster;

pub use authority::{Authority, Issued, PkiError, Signer};

pub use cluster::{ADMIN_USER, ClusterPki, NODES_USER};
