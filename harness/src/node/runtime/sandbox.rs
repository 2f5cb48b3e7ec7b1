//! The network of one pod.

use std::{net::Ipv4Addr, process::Stdio};

use tokio::process::Child;

use crate::node::{
    NodeError,
    helper::layout::{PodNamespaces, SandboxLayout},
    network::{Helpers, Network},
};

/// Holds a pod's address and, where pods are kept apart, its network namespace.
pub struct Sandbox {
    network: Network,
    address: Ipv4Addr,
    holder: Option<(PodNamespaces, Child)>,
}

/// Interface indices of the router's ends start here, above those that a kernel gives by itself.
const FIRST_LINK: u32 = 1000;

impl Sandbox {
    /// Sets up a pod's network; the address is one of [`Network::take_address`] and goes back to it in the end.
    ///
    /// # Errors
    /// When a helper cannot be started, or the kernel refuses what it does.
    pub async fn start(network: &Network, address: Ipv4Addr, hostname: &str) -> Result<Self, NodeError> {
        let mut sandbox = Self { network: network.clone(), address, holder: None };
        if let Some(router) = network.router() {
            let config = network.config();
            let layout = SandboxLayout {
                parent: Helpers::parent(),
                router,
                address,
                gateway: config.gateway(),
                link: FIRST_LINK + (address.to_bits() - config.pod_cidr.base().to_bits()),
                hostname: hostname.to_owned(),
            };
            let child = network.helpers().start_ready("pod-sandbox", &layout, Stdio::piped()).await?;
            let namespaces = PodNamespaces { router, sandbox: child.id().unwrap_or_default() };
            sandbox.holder = Some((namespaces, child));
        }
        Ok(sandbox)
    }

    /// The processes whose namespaces the pod's containers join; none where they share the machine's.
    pub(crate) fn namespaces(&self) -> Option<PodNamespaces> {
        self.holder.as_ref().map(|(namespaces, _)| *namespaces)
    }

    /// The pod's address.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// Ends the sandbox and returns when it is gone.
    pub async fn stop(mut self) {
        if let Some((_, holder)) = &mut self.holder {
            // It ends when its input closes, which waiting does.
            drop(holder.wait().await);
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.network.release_address(self.address);
    }
}
