//! Ways from this machine to Services: a port of loopback, and for each connection a port-forward through the API.

use std::{
    collections::{BTreeMap, HashMap},
    net::{Ipv4Addr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use futures::TryStreamExt;
use k8s_openapi::api::{
    core::v1::{Pod, Service},
    discovery::v1::EndpointSlice,
};
use kube::{
    Api, Client, ResourceExt,
    runtime::{WatchStreamExt, watcher},
};
use parking_lot::Mutex;
use tenantbench_syncer::accept;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::AbortHandle,
};

use crate::{host::HostError, port_forward};

/// How long a Service may take to have an endpoint.
const LIMIT: Duration = Duration::from_secs(120);

/// Opens ways to Services of one cluster. Clones share what is open.
#[derive(Clone)]
pub(in crate::host) struct Forwards {
    inner: Arc<Inner>,
}

struct Inner {
    /// For watches.
    client: Client,
    /// For port-forwards, each of which takes a connection of its own.
    upgrades: Client,
    open: Mutex<HashMap<Key, (SocketAddr, AbortHandle)>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    namespace: String,
    service: String,
    port: u16,
}

/// A port of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    pod: String,
    port: u16,
}

impl std::fmt::Debug for Forwards {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Forwards").finish_non_exhaustive()
    }
}

impl Forwards {
    pub(super) fn new(client: Client, upgrades: Client) -> Self {
        Self { inner: Arc::new(Inner { client, upgrades, open: Mutex::default() }) }
    }

    /// Opens a port of loopback that leads to a port of a Service, as long as the Service is there. Waits for an
    /// endpoint that is ready. Asked again, it answers with the same port.
    ///
    /// # Errors
    /// No such port, or no ready endpoint in time.
    pub(in crate::host) async fn open(
        &self,
        namespace: &str,
        service: &str,
        port: u16,
    ) -> Result<SocketAddr, HostError> {
        let key = Key { namespace: namespace.into(), service: service.into(), port };
        if let Some((address, _)) = self.inner.open.lock().get(&key) {
            return Ok(*address);
        }
        let name = self.port_name(&key).await?;
        let (sender, targets) = watch::channel(Vec::new());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(HostError::Ports)?;
        let address = listener.local_addr().map_err(HostError::Ports)?;
        let task = tokio::spawn(self.clone().keep(key.clone(), name, listener, sender)).abort_handle();
        self.inner.open.lock().insert(key.clone(), (address, task));
        let mut ready = targets.clone();
        let found =
            tokio::time::timeout(LIMIT, ready.wait_for(|targets: &Vec<Target>| !targets.is_empty())).await;
        if matches!(found, Ok(Ok(_))) {
            return Ok(address);
        }
        self.close(&key);
        Err(key.error(format!("no endpoint was ready within {} s", LIMIT.as_secs())))
    }

    /// The name that the Service gives the port, by which its endpoints name it too.
    async fn port_name(&self, key: &Key) -> Result<String, HostError> {
        let services: Api<Service> = Api::namespaced(self.inner.client.clone(), &key.namespace);
        let service = services.get(&key.service).await.map_err(|error| key.error(error.to_string()))?;
        let ports = service.spec.and_then(|spec| spec.ports).unwrap_or_default();
        let port = ports.into_iter().find(|port| port.port == i32::from(key.port));
        Ok(port.ok_or_else(|| key.error("it has no such port".into()))?.name.unwrap_or_default())
    }

    /// Serves a way until its Service is gone.
    async fn keep(self, key: Key, port: String, listener: TcpListener, targets: watch::Sender<Vec<Target>>) {
        tokio::select! {
            () = self.follow(&key, &port, &targets) => {}
            () = self.accept(&key, listener, targets.subscribe()) => {}
            () = self.service_gone(&key) => {}
        }
        self.close(&key);
    }

    fn close(&self, key: &Key) {
        if let Some((_, task)) = self.inner.open.lock().remove(key) {
            task.abort();
        }
    }

    /// Closes all ways.
    pub(super) fn close_all(&self) {
        for (_, (_, task)) in self.inner.open.lock().drain() {
            task.abort();
        }
    }

    async fn follow(&self, key: &Key, port: &str, targets: &watch::Sender<Vec<Target>>) {
        let slices: Api<EndpointSlice> = Api::namespaced(self.inner.client.clone(), &key.namespace);
        let of_service =
            watcher::Config::default().labels(&format!("kubernetes.io/service-name={}", key.service));
        let mut events = pin!(watcher(slices, of_service).default_backoff());
        let mut known = BTreeMap::new();
        loop {
            match events.try_next().await {
                Ok(Some(watcher::Event::Init)) => known.clear(),
                Ok(Some(watcher::Event::Apply(slice) | watcher::Event::InitApply(slice))) => {
                    known.insert(slice.name_any(), ready_targets(&slice, port));
                }
                Ok(Some(watcher::Event::Delete(slice))) => drop(known.remove(&slice.name_any())),
                Ok(Some(watcher::Event::InitDone)) => {}
                Ok(None) => return,
                Err(error) => tracing::debug!(%error, "watch of endpoints"),
            }
            targets.send_replace(known.values().flatten().cloned().collect());
        }
    }

    async fn service_gone(&self, key: &Key) {
        let services: Api<Service> = Api::namespaced(self.inner.client.clone(), &key.namespace);
        let named = watcher::Config::default().fields(&format!("metadata.name={}", key.service));
        let mut events = pin!(watcher(services, named).default_backoff());
        let mut seen = false;
        loop {
            match events.try_next().await {
                Ok(Some(watcher::Event::Init)) => seen = false,
                Ok(Some(watcher::Event::Apply(_) | watcher::Event::InitApply(_))) => seen = true,
                Ok(Some(watcher::Event::InitDone)) if !seen => return,
                Ok(Some(watcher::Event::Delete(_)) | None) => return,
                Ok(Some(watcher::Event::InitDone)) => {}
                Err(error) => tracing::debug!(%error, "watch of a forwarded service"),
            }
        }
    }

    async fn accept(&self, key: &Key, listener: TcpListener, targets: watch::Receiver<Vec<Target>>) {
        // The connections end with the way.
        let mut connections = tokio::task::JoinSet::new();
        loop {
            let stream = accept::accept(&listener).await;
            let chosen = {
                let targets = targets.borrow();
                let turn = rand::random_range(0..targets.len().max(1));
                targets.get(turn).cloned()
            };
            if let Some(target) = chosen {
                connections.spawn(self.clone().carry(key.namespace.clone(), target, stream));
            }
            while connections.try_join_next().is_some() {}
        }
    }

    async fn carry(self, namespace: String, target: Target, stream: TcpStream) {
        let pods: Api<Pod> = Api::namespaced(self.inner.upgrades.clone(), &namespace);
        if let Err(error) = port_forward::carry(&pods, &target.pod, target.port, stream).await {
            tracing::warn!(%error, pod = target.pod, "no way to a pod");
        }
    }
}

impl Key {
    fn error(&self, reason: String) -> HostError {
        HostError::NoWay {
            namespace: self.namespace.clone(),
            service: self.service.clone(),
            port: self.port,
            reason,
        }
    }
}

/// The pods of a slice that are ready, with the number that their port of this name has.
fn ready_targets(slice: &EndpointSlice, port: &str) -> Vec<Target> {
    let ports = slice.ports.as_deref().unwrap_or_default();
    let number =
        ports.iter().find(|one| one.name.as_deref().unwrap_or_default() == port).and_then(|one| one.port);
    let Some(number) = number.and_then(|number| u16::try_from(number).ok()) else { return Vec::new() };
    let ready = slice.endpoints.iter().flatten().filter(|endpoint| {
        endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true)
    });
    let pods = ready.filter_map(|endpoint| endpoint.target_ref.as_ref()?.name.clone());
    pods.map(|pod| Target { pod, port: number }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_ready_pods_are_led_to_at_the_number_of_their_port() {
        let slice = json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": { "name": "web-1" },
            "addressType": "IPv4",
            "ports": [{ "name": "metrics", "port": 9 }, { "name": "", "port": 8080 }],
            "endpoints": [
                { "addresses": ["10.0.0.1"], "conditions": { "ready": true }, "targetRef": { "kind": "Pod", "name": "a" } },
                { "addresses": ["10.0.0.2"], "conditions": { "ready": false }, "targetRef": { "kind": "Pod", "name": "b" } },
                { "addresses": ["10.0.0.3"], "conditions": {} },
            ],
        });
        let slice: EndpointSlice = serde_json::from_value(slice).unwrap();
        assert_eq!(ready_targets(&slice, ""), [Target { pod: "a".into(), port: 8080 }]);
        assert_eq!(ready_targets(&slice, "other"), []);
    }
}
