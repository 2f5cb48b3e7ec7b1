//! Ways from this machine to a Service.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    time::Duration,
};

use tokio::{net::TcpListener, time};

use super::{ServiceKey, listeners::accept};
use crate::node::{NodeError, network::Network};

/// Where a port of this machine leads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Target {
    Service(ServiceKey, u16),
    Address(SocketAddrV4),
}

impl Target {
    fn choose(&self, network: &Network) -> Option<SocketAddrV4> {
        match self {
            Self::Address(address) => network.services().choose(*address),
            Self::Service(key, port) => {
                let endpoints = network.services().table.read().endpoints(key, *port);
                let turn = rand::random_range(0..endpoints.len().max(1));
                endpoints.get(turn).copied()
            }
        }
    }
}

impl Network {
    /// Opens a port of this machine's loopback that leads to a port of a Service, as long as the Service is there.
    ///
    /// Waits up to `limit` for a ready endpoint. Asked again, it answers with the same port.
    ///
    /// # Errors
    /// No endpoint within `limit`; no free port.
    pub async fn forward(
        &self,
        namespace: &str,
        service: &str,
        port: u16,
        limit: Duration,
    ) -> Result<SocketAddr, NodeError> {
        let key = (namespace.to_owned(), service.to_owned());
        if time::timeout(limit, self.endpoint_of(&key, port)).await.is_err() {
            return Err(NodeError::NoEndpoint {
                namespace: key.0,
                service: key.1,
                port,
                seconds: limit.as_secs(),
            });
        }
        Ok(self.open_forward(Target::Service(key, port)).await?)
    }

    /// The same for a Service's address, which need not have an endpoint yet.
    pub(crate) async fn forward_address(&self, address: SocketAddrV4) -> io::Result<SocketAddr> {
        if let Some(local) = self.api_server_behind(address) {
            return Ok(local.into());
        }
        self.open_forward(Target::Address(address)).await
    }

    /// The host's API server is on this machine already: a way to it would outlive the tenant whose pod asked first.
    fn api_server_behind(&self, address: SocketAddrV4) -> Option<SocketAddrV4> {
        let own = self.services().table.read().addresses(&("default".to_owned(), "kubernetes".to_owned()));
        own.contains(&address).then(|| self.inner.api_server.read().map(|server| server.local)).flatten()
    }

    async fn open_forward(&self, target: Target) -> io::Result<SocketAddr> {
        if let Some((address, _)) = self.services().forwards.lock().get(&target) {
            return Ok(*address);
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let of = target.clone();
        let task = tokio::spawn(accept(self.clone(), listener, move |network| of.choose(network)));
        self.services().forwards.lock().insert(target, (address, task.abort_handle()));
        Ok(address)
    }

    async fn endpoint_of(&self, key: &ServiceKey, port: u16) {
        let mut changes = self.services().changes.subscribe();
        while self.services().table.read().endpoints(key, port).is_empty() {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}
