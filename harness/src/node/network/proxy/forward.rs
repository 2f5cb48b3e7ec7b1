//! Ways from this machine to a Service.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{net::TcpListener, time};

use super::{ServiceKey, listeners::accept};
use crate::node::{NodeError, network::Network};

impl Network {
    /// Opens a port of this machine's loopback that leads to a port of a Service, as long as the network lives.
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
        let known = self.services().forwards.lock().get(&(key.clone(), port)).map(|(address, _)| *address);
        match known {
            Some(address) => Ok(address),
            None => self.open_forward(key, port).await,
        }
    }

    async fn open_forward(&self, key: ServiceKey, port: u16) -> Result<SocketAddr, NodeError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let of = key.clone();
        let choose = move |network: &Network| {
            let endpoints = network.services().table.read().endpoints(&of, port);
            let turn = rand::random_range(0..endpoints.len().max(1));
            endpoints.get(turn).copied()
        };
        let task = tokio::spawn(accept(self.clone(), listener, choose));
        self.services().forwards.lock().insert((key, port), (address, task.abort_handle()));
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
