//! The network of a host's pods: a router, addresses, Services, and the way in for the API server.

mod addresses;
mod config;
mod dial;
mod egress;
mod helpers;
pub(crate) mod proxy;
mod router;

use std::{
    collections::HashMap,
    fmt,
    net::{Ipv4Addr, SocketAddrV4},
    path::Path,
    sync::Arc,
};

use parking_lot::{Mutex, RwLock};
use tokio::{net::UnixStream, task::JoinHandle};

pub use config::NetworkConfig;
pub(crate) use egress::KUBELET_PORT;
pub(crate) use helpers::Helpers;

use self::{addresses::AddressPool, proxy::Services, router::Router};
use super::{NodeError, PodIsolation, isolation};
use crate::process::Spawner;

/// The network that pods and Services live in. It serves the egress socket, so it starts before the API server.
#[derive(Clone)]
pub struct Network {
    inner: Arc<Inner>,
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").field("isolation", self.isolation()).finish_non_exhaustive()
    }
}

struct Inner {
    config: NetworkConfig,
    isolation: PodIsolation,
    helpers: Helpers,
    router: Option<Router>,
    pods: Mutex<AddressPool>,
    services: Services,
    kubelets: RwLock<HashMap<Ipv4Addr, Kubelet>>,
    api_server: RwLock<Option<ApiServerAddress>>,
    egress: Mutex<Option<JoinHandle<()>>>,
}

/// Takes connections of the API server to a node's kubelet.
pub(crate) type Kubelet = Arc<dyn Fn(UnixStream) + Send + Sync>;

/// The API server as its cluster names it, and as it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiServerAddress {
    /// The endpoint of `default/kubernetes`.
    pub advertised: SocketAddrV4,
    /// The same server on this machine.
    pub local: SocketAddrV4,
}

impl Network {
    /// Starts the router, if this machine allows one, and serves the egress socket.
    ///
    /// # Errors
    /// When the egress socket cannot be served.
    pub async fn start(config: NetworkConfig, spawner: &Spawner) -> Result<Self, NodeError> {
        let helpers = Helpers::new(spawner.clone(), config.executable.clone());
        let (router, isolation) = match isolation::switched_off() {
            Some(off) => (None, off),
            None => match Router::start(&helpers, &config).await {
                Ok(router) => (Some(router), PodIsolation::Namespaces),
                Err(error) => (None, PodIsolation::None { reason: error.to_string() }),
            },
        };
        let network = Self {
            inner: Arc::new(Inner {
                pods: Mutex::new(AddressPool::new(config.pod_cidr)),
                services: Services::default(),
                kubelets: RwLock::default(),
                api_server: RwLock::new(None),
                egress: Mutex::new(None),
                config,
                isolation,
                helpers,
                router,
            }),
        };
        let listener = egress::listen(network.egress_socket())?;
        *network.inner.egress.lock() = Some(tokio::spawn(egress::serve(network.clone(), listener)));
        Ok(network)
    }

    /// How pods that run as processes are kept apart on this machine.
    pub fn isolation(&self) -> &PodIsolation {
        &self.inner.isolation
    }

    /// The Unix socket for the API server's egress selector: HTTP CONNECT to nodes, pods and Services.
    pub fn egress_socket(&self) -> &Path {
        &self.inner.config.egress_socket
    }

    /// Stops serving and ends the router. Pods must have ended before.
    pub async fn stop(&self) {
        if let Some(server) = self.inner.egress.lock().take() {
            server.abort();
        }
        self.inner.services.close();
        if let Some(router) = &self.inner.router {
            router.stop().await;
        }
        // Another run may not be kept from its start by a socket that nobody serves; nothing else depends on it.
        drop(std::fs::remove_file(self.egress_socket()));
    }

    pub(crate) fn config(&self) -> &NetworkConfig {
        &self.inner.config
    }

    pub(crate) fn helpers(&self) -> &Helpers {
        &self.inner.helpers
    }

    /// The router's process; none without isolation.
    pub(crate) fn router(&self) -> Option<u32> {
        self.inner.router.as_ref().map(Router::pid)
    }

    /// Returns when the router has ended, without which no pod is reached; never where there is none.
    pub(crate) async fn router_ended(&self) {
        match &self.inner.router {
            Some(router) => router.ended().await,
            None => std::future::pending().await,
        }
    }

    pub(crate) fn services(&self) -> &Services {
        &self.inner.services
    }

    /// A pod address that nobody has; none when all are taken.
    pub fn take_address(&self) -> Option<Ipv4Addr> {
        self.inner.pods.lock().take()
    }

    pub(crate) fn release_address(&self, address: Ipv4Addr) {
        self.inner.pods.lock().release(address);
    }

    pub(crate) fn set_api_server(&self, address: ApiServerAddress) {
        *self.inner.api_server.write() = Some(address);
    }

    pub(crate) fn add_kubelet(&self, address: Ipv4Addr, kubelet: Kubelet) {
        self.inner.kubelets.write().insert(address, kubelet);
    }

    /// No kubelet answers any more.
    pub(crate) fn remove_kubelets(&self) {
        self.inner.kubelets.write().clear();
    }
}
