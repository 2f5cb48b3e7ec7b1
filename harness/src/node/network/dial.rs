//! Connections from the supervisor to whatever the cluster has an address for.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    time::Duration,
};

use tokio::{net::TcpStream, time};

use super::Network;

/// Pods are on this machine: one that does not answer in this time will not.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

impl Network {
    /// Connects to an address of a Service, a pod, or the API server.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn dial(&self, to: SocketAddrV4) -> io::Result<TcpStream> {
        let endpoint = if self.config().service_cidr.contains(*to.ip()) {
            self.services().choose(to).ok_or_else(|| refused(to, "the Service has no ready endpoint"))?
        } else {
            to
        };
        self.dial_endpoint(endpoint).await
    }

    /// Connects to an address that stands behind a Service.
    pub(crate) async fn dial_endpoint(&self, to: SocketAddrV4) -> io::Result<TcpStream> {
        let connected = time::timeout(CONNECT_LIMIT, self.connect(to)).await;
        let stream =
            connected.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, format!("{to} is silent")))??;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn connect(&self, to: SocketAddrV4) -> io::Result<TcpStream> {
        let api_server = *self.inner.api_server.read();
        match &self.inner.router {
            _ if api_server.is_some_and(|server| server.advertised == to) => {
                TcpStream::connect(api_server.map_or(to, |server| server.local)).await
            }
            _ if !self.config().pod_cidr.contains(*to.ip()) => TcpStream::connect(to).await,
            Some(router) => router.socket().await?.connect(SocketAddr::V4(to)).await,
            // Without isolation a pod's address is only a name for this machine's own.
            None => TcpStream::connect((Ipv4Addr::LOCALHOST, to.port())).await,
        }
    }
}

fn refused(to: SocketAddrV4, why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionRefused, format!("{to}: {why}"))
}
