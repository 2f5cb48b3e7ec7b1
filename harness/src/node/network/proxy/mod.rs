//! Service addresses: what kube-proxy does on a node.

mod forward;
mod listeners;
mod table;
mod watches;

use std::{collections::HashMap, net::SocketAddrV4, sync::Arc};

use parking_lot::{Mutex, RwLock};
use tokio::{sync::watch, task::AbortHandle};

pub(crate) use table::{Backends, ServiceKey};
pub(crate) use watches::follow;

use table::Table;

/// Services and what stands behind them, kept up to date by [`follow`].
pub(crate) struct Services {
    table: RwLock<Table>,
    /// Counts changes, for those who wait for an endpoint.
    changes: watch::Sender<u64>,
    /// Listeners in the router by the address they serve.
    listeners: Mutex<HashMap<SocketAddrV4, AbortHandle>>,
    /// Listeners on this machine's loopback.
    forwards: Mutex<HashMap<(ServiceKey, u16), (std::net::SocketAddr, AbortHandle)>>,
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

    /// The address of a Service's port, as a pod's environment names it: `(name, address)` of its first port first.
    pub(crate) fn of_namespace(&self, namespace: &str) -> Vec<table::Frontend> {
        self.table.read().of_namespace(namespace)
    }

    /// Ends all listeners.
    pub(super) fn close(&self) {
        self.listeners.lock().drain().for_each(|(_, listener)| listener.abort());
        self.forwards.lock().drain().for_each(|(_, (_, listener))| listener.abort());
    }
}
