//! What all pods of a host share.

use std::{collections::HashMap, net::Ipv4Addr, path::PathBuf, sync::Arc, time::Duration};

use k8s_openapi::api::core::v1::Pod;
use kube::Client;
use tokio::sync::Semaphore;

use super::{Events, Listeners, Registry, backoff::BackoffPolicy};
use crate::node::{image::ImageMap, network::Network};

/// Everything that a pod needs beside its own object.
pub(crate) struct Context {
    pub(crate) client: Client,
    pub(crate) network: Network,
    pub(crate) images: ImageMap,
    pub(crate) ready_delay: Duration,
    /// Where pods have their folders.
    pub(crate) folder: PathBuf,
    pub(crate) restart: BackoffPolicy,
    /// The nodes' addresses by name.
    pub(crate) nodes: HashMap<String, Ipv4Addr>,
    pub(crate) listeners: Arc<Listeners>,
    pub(crate) registry: Registry,
    pub(crate) events: Events,
    /// Bounds the calls in flight.
    pub(crate) calls: Semaphore,
}

impl Context {
    /// The address of the node that a pod is bound to; none if it is not one of ours.
    pub(crate) fn node_of(&self, pod: &Pod) -> Option<Ipv4Addr> {
        self.nodes.get(pod.spec.as_ref()?.node_name.as_ref()?).copied()
    }

    /// True if one of the pod's containers has a program: then all of it runs as processes.
    pub(crate) fn has_program(&self, pod: &Pod) -> bool {
        let Some(spec) = &pod.spec else { return false };
        let mut images = spec.containers.iter().filter_map(|container| container.image.as_deref());
        images.any(|image| self.images.program(image).is_some())
    }
}
