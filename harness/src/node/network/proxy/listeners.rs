//! Listeners on Service addresses, in the router.

use std::{
    io,
    net::{SocketAddr, SocketAddrV4},
};

use tenantbench_syncer::accept;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};

use super::table::Change;
use crate::node::network::Network;

const BACKLOG: u32 = 256;

impl Network {
    /// Starts and ends listeners after a change of the table.
    pub(super) async fn serve_services(&self, change: Change) {
        for address in change.closed {
            if let Some(listener) = self.services().listeners.lock().remove(&address) {
                listener.abort();
            }
        }
        for address in change.opened {
            if let Err(error) = self.open(address).await {
                tracing::warn!(%address, %error, "a Service address cannot be served");
            }
        }
    }

    async fn open(&self, address: SocketAddrV4) -> io::Result<()> {
        let Some(router) = &self.inner.router else { return Ok(()) };
        let socket = router.socket().await?;
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::V4(address))?;
        let listener = socket.listen(BACKLOG)?;
        let network = self.clone();
        let choose = move |network: &Network| network.services().choose(address);
        let task = tokio::spawn(accept(network, listener, choose));
        if let Some(old) = self.services().listeners.lock().insert(address, task.abort_handle()) {
            old.abort();
        }
        Ok(())
    }
}

/// Pipes each connection to the endpoint that `choose` names then; ends it where there is none.
pub(super) async fn accept(
    network: Network,
    listener: TcpListener,
    choose: impl Fn(&Network) -> Option<SocketAddrV4>,
) {
    loop {
        let client = accept::accept(&listener).await;
        if let Some(endpoint) = choose(&network) {
            tokio::spawn(pipe(network.clone(), client, endpoint));
        }
    }
}

async fn pipe(network: Network, mut client: TcpStream, endpoint: SocketAddrV4) {
    let carried = async {
        let mut server = network.dial_endpoint(endpoint).await?;
        client.set_nodelay(true)?;
        copy_bidirectional(&mut client, &mut server).await
    };
    if let Err(error) = carried.await {
        tracing::debug!(%endpoint, %error, "a connection to a Service ended");
    }
}
