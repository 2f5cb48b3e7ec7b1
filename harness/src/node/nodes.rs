//! The nodes of a host, from their registration to their end.

use std::{
    collections::HashMap,
    fmt,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use futures::future::try_join_all;
use kube::Client;
use parking_lot::Mutex;
use tokio::{sync::Semaphore, task::AbortHandle};

use super::{
    NodeError, PodIsolation, heartbeat,
    image::ImageMap,
    kubelet,
    network::{ApiServerAddress, Network, proxy},
    object,
    pod::{Context, Events, Listeners, Manager, Registry, backoff::BackoffPolicy},
};
use crate::host::pki::Authority;

/// Calls of the nodes that are in flight at once.
const CALLS: usize = 16;

/// How many watches the nodes keep open, for who makes their client.
pub const WATCHES: usize = 6;

/// What the nodes of a host are told.
#[derive(Clone, Debug)]
pub struct NodesConfig {
    /// How many there are.
    pub count: u32,
    /// How long a pod without a program waits until it is Ready.
    pub ready_delay: Duration,
    /// Which images have a program.
    pub images: ImageMap,
    /// The API server, for pods that ask for `kubernetes.default`.
    pub api_server: ApiServerAddress,
    /// The folder for the pods' volumes and logs; made if it is not there, and emptied as pods end.
    pub folder: PathBuf,
    /// How long an ended container waits until it is started again.
    pub restart: BackoffPolicy,
}

/// The simulated nodes of a host.
pub struct Nodes {
    network: Network,
    manager: Arc<Manager>,
    count: u32,
    tasks: Mutex<Vec<AbortHandle>>,
}

impl fmt::Debug for Nodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nodes").field("count", &self.count).finish_non_exhaustive()
    }
}

impl Nodes {
    /// Registers the nodes and runs what is bound to them.
    ///
    /// `client` acts as the nodes' user, who has [`node_rules`](super::node_rules). `authority` signs what kubelets
    /// serve with, and the client certificate that the API server shows them.
    ///
    /// # Errors
    /// When the API server refuses a node, a certificate cannot be made, or the folder cannot.
    pub async fn start(
        network: &Network,
        config: NodesConfig,
        client: Client,
        authority: &Authority,
    ) -> Result<Self, NodeError> {
        fs_err::create_dir_all(&config.folder)?;
        network.set_api_server(config.api_server);
        let named = names(network, config.count);
        let (events, send_events) = Events::new(client.clone());
        let listeners = Arc::new(Listeners::default());
        let context = Arc::new(Context {
            client: client.clone(),
            network: network.clone(),
            images: config.images,
            ready_delay: config.ready_delay,
            folder: config.folder,
            restart: config.restart,
            nodes: named.iter().cloned().collect::<HashMap<_, _>>(),
            listeners: Arc::clone(&listeners),
            registry: Registry::default(),
            events,
            calls: Semaphore::new(CALLS),
        });
        serve_kubelets(&context, &named, authority)?;
        try_join_all(named.iter().map(|(name, address)| object::register(&client, name, *address))).await?;

        let manager = Arc::new(Manager::new(context));
        let heartbeat = heartbeat::keep(client.clone(), named);
        let follower = Arc::clone(&manager);
        let tasks = vec![
            tokio::spawn(send_events).abort_handle(),
            tokio::spawn(heartbeat).abort_handle(),
            tokio::spawn(listeners.follow(client.clone())).abort_handle(),
            tokio::spawn(proxy::follow(network.clone(), client)).abort_handle(),
            tokio::spawn(async move { follower.follow().await }).abort_handle(),
        ];
        Ok(Self { network: network.clone(), manager, count: config.count, tasks: Mutex::new(tasks) })
    }

    /// How many nodes the API shows.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// How pods that run as processes are kept apart.
    pub fn isolation(&self) -> &PodIsolation {
        self.network.isolation()
    }

    /// Opens a port of this machine's loopback that leads to a port of a Service, as long as the Service is there.
    ///
    /// # Errors
    /// When the Service has no ready endpoint within `limit`.
    pub async fn forward(
        &self,
        namespace: &str,
        service: &str,
        port: u16,
        limit: Duration,
    ) -> Result<SocketAddr, NodeError> {
        self.network.forward(namespace, service, port, limit).await
    }

    /// Ends all pods, gracefully where they let us, and returns when none of their processes is left.
    /// The API server may already be gone.
    pub async fn stop(&self) {
        for task in self.tasks.lock().drain(..) {
            task.abort();
        }
        self.manager.stop().await;
        self.network.remove_kubelets();
    }
}

/// The nodes' names and addresses.
fn names(network: &Network, count: u32) -> Vec<(String, Ipv4Addr)> {
    let range = network.config().node_cidr;
    (0..count).filter_map(|index| Some((format!("node-{index}"), range.nth(index + 1)?))).collect()
}

fn serve_kubelets(
    context: &Arc<Context>,
    named: &[(String, Ipv4Addr)],
    authority: &Authority,
) -> Result<(), NodeError> {
    let clients = authority.certificate();
    for (name, address) in named {
        let issued = authority.server(name, &[address.to_string()]);
        let issued = issued.map_err(|error| NodeError::Certificate(error.to_string()))?;
        let tls = kubelet::acceptor(&issued, &clients);
        let tls = tls.map_err(|error| NodeError::Certificate(error.to_string()))?;
        context.network.add_kubelet(*address, kubelet::serve(Arc::clone(context), name.clone(), tls));
    }
    Ok(())
}
