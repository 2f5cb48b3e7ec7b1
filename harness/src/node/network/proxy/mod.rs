//! Service addresses: what kube-proxy does on a node.

mod forward;
mod listeners;
mod table;
mod watches;

use std::{
    collections::HashMap,
    net::{SocketAddr, SocketAddrV4},
    sync::Arc,
};

use parking_lot::{Mutex, RwLock};
use tokio::{sync::watch, task::AbortHandle};

pub(crate) use table::{Frontend, ServiceKey};
pub(crate) use watches::follow;

use table::{Backends, Table};

/// Services and what stands behind them, kept up to date by [`follow`].
pub(crate) struct Services {
    table: RwLock<Table>,
    /// Counts changes, for those who wait for an endpoint.
    changes: watch::Sender<u64>,
    /// Listeners in the router by the address they serve.
    listeners: Mutex<HashMap<SocketAddrV4, AbortHandle>>,
    /// Listeners on this machine's loopback.
    forwards: Mutex<HashMap<forward::Target, (SocketAddr, AbortHandle)>>,
}

impl Default for Services {
    fn default() -> Self {
        Self {
            table: RwLock::default(),
            changes: watch::channel(0).0,
            listeners: Mutex::default(),
            forwards: Mutex::default(),
        }
    }
}

impl Services {
    /// The endpoint that takes the next connection to an address of a Service.
    pub(crate) fn choose(&self, address: SocketAddrV4) -> Option<SocketAddrV4> {
        self.backends(address)?.choose()
    }

    fn backends(&self, address: SocketAddrV4) -> Option<Arc<Backends>> {
        self.table.read().backends(address)
    }

    /// The ports of a namespace's Services.
    pub(crate) fn of_namespace(&self, namespace: &str) -> Vec<Frontend> {
        self.table.read().of_namespace(namespace)
    }

    /// The API server's own Service, once it is there.
    pub(crate) async fn api_server(&self) -> Vec<Frontend> {
        let mut changes = self.changes.subscribe();
        loop {
            let mut ports = self.of_namespace("default");
            ports.retain(|frontend| frontend.service == "kubernetes" && frontend.address.is_some());
            // The sender is our own, so this ends only with an address.
            if !ports.is_empty() || changes.changed().await.is_err() {
                return ports;
            }
        }
    }

    /// Ends the ways that lead to a Service which is gone, and to its addresses.
    fn close_forwards(&self, key: &ServiceKey, addresses: &[SocketAddrV4]) {
        self.forwards.lock().retain(|target, (_, listener)| {
            let gone = match target {
                forward::Target::Service(service, _) => service == key,
                forward::Target::Address(address) => addresses.contains(address),
            };
            if gone {
                listener.abort();
            }
            !gone
        });
    }

    /// Ends all listeners.
    pub(super) fn close(&self) {
        self.listeners.lock().drain().for_each(|(_, listener)| listener.abort());
        self.forwards.lock().drain().for_each(|(_, (_, listener))| listener.abort());
    }
}
