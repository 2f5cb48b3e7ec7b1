//! The one way to make a Kubernetes client in this project.
//!
//! kube's own default is HTTP/1.1 (one TCP connection per open watch) and retries refused calls by itself, which hides
//! throttling from whoever measures it. Here calls share a few HTTP/2 connections, and a refusal is the caller's to see.

mod config;
mod connect;
mod error;
mod retry;
mod shared;
mod token_file;

use http::{HeaderValue, header::USER_AGENT};
use kube::{Client, Config, client::ClientBuilder};

pub use config::{authority, from_file, from_kubeconfig, in_cluster, in_cluster_namespace};
pub use error::ClientError;
pub use retry::{granted, is_passing, retried};
pub use shared::{Lease, WatchClients};

/// What a client is for; it decides how connections are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Ordinary calls: a few HTTP/2 connections. exec and the like fail on these ("Upgrade request required").
    Requests,
    /// Long-lived watches: enough HTTP/2 connections for that many streams.
    Watches {
        /// How many watches are open at once.
        streams: usize,
    },
    /// exec, attach and port-forward: HTTP/1.1, since an upgrade takes the whole connection.
    Upgrades,
}

/// Streams that we put on one HTTP/2 connection. A kube-apiserver allows about 100 and lets the rest wait in silence.
const STREAMS_PER_CONNECTION: usize = 80;

/// Connections for ordinary calls: two, so that one large body does not hold up all others.
const REQUEST_CONNECTIONS: usize = 2;

impl Purpose {
    fn connections(self) -> usize {
        match self {
            Self::Requests => REQUEST_CONNECTIONS,
            Self::Watches { streams } => streams.div_ceil(STREAMS_PER_CONNECTION).max(1),
            Self::Upgrades => 0,
        }
    }
}

/// Makes a client for `purpose` with retries and compression off. Connects on first use.
///
/// # Errors
/// Credentials or certificates in `config` that cannot be used.
pub fn client(mut config: Config, purpose: Purpose) -> Result<Client, ClientError> {
    config.default_retry = false;
    config.disable_compression = true;
    if !config.headers.iter().any(|(name, _)| name == USER_AGENT) {
        config.headers.push((USER_AGENT, HeaderValue::from_static(USER_AGENT_VALUE)));
    }
    match purpose {
        Purpose::Upgrades => {
            ClientBuilder::try_from(config).map(ClientBuilder::build).map_err(ClientError::credentials)
        }
        Purpose::Requests | Purpose::Watches { .. } => connect::http2(&config, purpose.connections()),
    }
}

const USER_AGENT_VALUE: &str = concat!("tenantbench/", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watches_get_one_connection_per_eighty_streams() {
        assert_eq!(Purpose::Watches { streams: 0 }.connections(), 1);
        assert_eq!(Purpose::Watches { streams: 80 }.connections(), 1);
        assert_eq!(Purpose::Watches { streams: 81 }.connections(), 2);
        assert_eq!(Purpose::Watches { streams: 800 }.connections(), 10);
    }
}
