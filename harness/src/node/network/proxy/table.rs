//! Which endpoints stand behind which Service address. No I/O.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::{Ipv4Addr, SocketAddrV4},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use k8s_openapi::api::{core::v1::Service, discovery::v1::EndpointSlice};
use kube::ResourceExt;

/// Namespace and name of a Service.
pub(crate) type ServiceKey = (String, String);

/// All Services and their endpoints.
#[derive(Default)]
pub(crate) struct Table {
    services: BTreeMap<ServiceKey, Vec<Frontend>>,
    slices: HashMap<ServiceKey, HashMap<String, Slice>>,
    backends: HashMap<SocketAddrV4, Arc<Backends>>,
}

/// A port of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frontend {
    /// The Service's name.
    pub(crate) service: String,
    /// The port's name; empty if it has none.
    pub(crate) port_name: String,
    /// The port's number.
    pub(crate) port: u16,
    /// The Service's address; none if it is headless.
    pub(crate) address: Option<Ipv4Addr>,
}

/// Ready addresses and the ports that they share.
#[derive(Debug, Default)]
struct Slice {
    ready: Vec<Ipv4Addr>,
    ports: Vec<(String, u16)>,
}

/// The endpoints of one Service port. They take turns.
#[derive(Debug)]
pub(crate) struct Backends {
    endpoints: Vec<SocketAddrV4>,
    next: AtomicUsize,
}

impl Backends {
    pub(crate) fn choose(&self) -> Option<SocketAddrV4> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        self.endpoints.get(turn.checked_rem(self.endpoints.len())?).copied()
    }
}

/// Service addresses that have come to be served, or no longer are.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) opened: Vec<SocketAddrV4>,
    pub(crate) closed: Vec<SocketAddrV4>,
}

impl Table {
    pub(crate) fn apply_service(&mut self, service: &Service) -> Change {
        let key = (service.namespace().unwrap_or_default(), service.name_any());
        let frontends = frontends(service);
        self.change(&key, |table| {
            table.services.insert(key.clone(), frontends);
        })
    }

    pub(crate) fn delete_service(&mut self, key: &ServiceKey) -> Change {
        self.change(key, |table| {
            table.services.remove(key);
        })
    }

    pub(crate) fn apply_slice(&mut self, slice: &EndpointSlice) -> Change {
        let Some(key) = service_of(slice) else { return Change::default() };
        let name = slice.name_any();
        self.change(&key, |table| {
            table.slices.entry(key.clone()).or_default().insert(name, endpoints(slice));
        })
    }

    pub(crate) fn delete_slice(&mut self, namespace: &str, name: &str) -> Change {
        let found = self.slices.iter().find(|((of, _), slices)| of == namespace && slices.contains_key(name));
        let Some(key) = found.map(|(key, _)| key.clone()) else { return Change::default() };
        self.change(&key, |table| {
            if let Some(slices) = table.slices.get_mut(&key) {
                slices.remove(name);
            }
            table.slices.retain(|_, slices| !slices.is_empty());
        })
    }

    pub(crate) fn backends(&self, address: SocketAddrV4) -> Option<Arc<Backends>> {
        self.backends.get(&address).cloned()
    }

    /// The endpoints of a Service's port, by number; also those of a headless one.
    pub(crate) fn endpoints(&self, key: &ServiceKey, port: u16) -> Vec<SocketAddrV4> {
        let frontend = self.services.get(key).and_then(|ports| ports.iter().find(|one| one.port == port));
        frontend.map(|frontend| self.behind(key, frontend)).unwrap_or_default()
    }

    /// The addresses of a Service's ports.
    pub(crate) fn addresses(&self, key: &ServiceKey) -> Vec<SocketAddrV4> {
        let ports = self.services.get(key).into_iter().flatten();
        ports.filter_map(|port| Some(SocketAddrV4::new(port.address?, port.port))).collect()
    }

    pub(crate) fn of_namespace(&self, namespace: &str) -> Vec<Frontend> {
        let first = (namespace.to_owned(), String::new());
        let of_it = self.services.range(first..).take_while(|((of, _), _)| of == namespace);
        of_it.flat_map(|(_, ports)| ports.clone()).collect()
    }

    /// Changes one Service and brings what is derived of it up to date.
    fn change(&mut self, key: &ServiceKey, edit: impl FnOnce(&mut Self)) -> Change {
        let before = self.served(key);
        edit(self);
        let after = self.served(key);
        for address in before.keys() {
            self.backends.remove(address);
        }
        let opened = after.keys().filter(|address| !before.contains_key(address)).copied().collect();
        let closed = before.keys().filter(|address| !after.contains_key(address)).copied().collect();
        for (address, endpoints) in after {
            self.backends.insert(address, Arc::new(Backends { endpoints, next: AtomicUsize::new(0) }));
        }
        Change { opened, closed }
    }

    /// What a Service answers on: an address without an endpoint is not listened on, so it refuses.
    fn served(&self, key: &ServiceKey) -> BTreeMap<SocketAddrV4, Vec<SocketAddrV4>> {
        let ports = self.services.get(key).into_iter().flatten();
        ports
            .filter_map(|frontend| {
                let endpoints = self.behind(key, frontend);
                let address = SocketAddrV4::new(frontend.address?, frontend.port);
                (!endpoints.is_empty()).then_some((address, endpoints))
            })
            .collect()
    }

    fn behind(&self, key: &ServiceKey, frontend: &Frontend) -> Vec<SocketAddrV4> {
        let slices = self.slices.get(key).into_iter().flat_map(HashMap::values);
        let mut endpoints = BTreeSet::new();
        for slice in slices {
            for (_, port) in slice.ports.iter().filter(|(name, _)| *name == frontend.port_name) {
                endpoints.extend(slice.ready.iter().map(|address| SocketAddrV4::new(*address, *port)));
            }
        }
        endpoints.into_iter().collect()
    }
}

fn is_tcp(protocol: Option<&String>) -> bool {
    protocol.is_none_or(|protocol| protocol == "TCP")
}

fn frontends(service: &Service) -> Vec<Frontend> {
    let Some(spec) = &service.spec else { return Vec::new() };
    let address = spec.cluster_ip.as_ref().and_then(|address| address.parse().ok());
    let ports = spec.ports.iter().flatten().filter(|port| is_tcp(port.protocol.as_ref()));
    ports
        .filter_map(|port| {
            Some(Frontend {
                service: service.name_any(),
                port_name: port.name.clone().unwrap_or_default(),
                port: u16::try_from(port.port).ok()?,
                address,
            })
        })
        .collect()
}

fn service_of(slice: &EndpointSlice) -> Option<ServiceKey> {
    let name = slice.labels().get("kubernetes.io/service-name")?;
    Some((slice.namespace().unwrap_or_default(), name.clone()))
}

fn endpoints(slice: &EndpointSlice) -> Slice {
    let ready = slice.endpoints.iter().flatten().filter(|endpoint| {
        endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true)
    });
    let ports = slice.ports.iter().flatten().filter(|port| is_tcp(port.protocol.as_ref()));
    Slice {
        ready: ready.flat_map(|endpoint| &endpoint.addresses).filter_map(|text| text.parse().ok()).collect(),
        ports: ports
            .filter_map(|port| Some((port.name.clone().unwrap_or_default(), u16::try_from(port.port?).ok()?)))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    fn service(ip: &str) -> Service {
        from_value(json!({
            "metadata": {"namespace": "a", "name": "web"},
            "spec": {"clusterIP": ip, "ports": [{"name": "http", "port": 80}, {"name": "dns", "port": 53, "protocol": "UDP"}]},
        }))
        .unwrap()
    }

    fn slice(name: &str, addresses: &[(&str, bool)]) -> EndpointSlice {
        let endpoints: Vec<_> = addresses
            .iter()
            .map(|(ip, ready)| json!({"addresses": [ip], "conditions": {"ready": ready}}))
            .collect();
        from_value(json!({
            "metadata": {"namespace": "a", "name": name, "labels": {"kubernetes.io/service-name": "web"}},
            "addressType": "IPv4",
            "endpoints": endpoints,
            "ports": [{"name": "http", "port": 8080}],
        }))
        .unwrap()
    }

    fn address() -> SocketAddrV4 {
        "10.96.0.9:80".parse().unwrap()
    }

    fn with(addresses: &[(&str, bool)]) -> Table {
        let mut table = Table::default();
        table.apply_service(&service("10.96.0.9"));
        table.apply_slice(&slice("web-1", addresses));
        table
    }

    #[test]
    fn a_service_without_a_ready_endpoint_is_not_served() {
        let table = with(&[("10.244.0.2", false)]);
        assert!(table.backends(address()).is_none());
    }

    #[test]
    fn endpoints_take_turns() {
        let table = with(&[("10.244.0.2", true), ("10.244.0.3", true)]);
        let backends = table.backends(address()).unwrap();
        let chosen: Vec<_> = (0..3).map(|_| backends.choose().unwrap().to_string()).collect();
        assert_eq!(chosen, ["10.244.0.2:8080", "10.244.0.3:8080", "10.244.0.2:8080"]);
    }

    #[test]
    fn an_address_opens_with_the_first_endpoint_and_closes_with_the_last() {
        let mut table = Table::default();
        assert_eq!(table.apply_service(&service("10.96.0.9")), Change::default());
        let opened = table.apply_slice(&slice("web-1", &[("10.244.0.2", true)]));
        assert_eq!(opened, Change { opened: vec![address()], closed: vec![] });
        assert_eq!(table.apply_slice(&slice("web-2", &[("10.244.0.3", true)])), Change::default());
        assert_eq!(table.delete_slice("a", "web-1"), Change::default());
        let closed = table.delete_slice("a", "web-2");
        assert_eq!(closed, Change { opened: vec![], closed: vec![address()] });
    }

    #[test]
    fn slices_that_come_before_their_service_are_kept() {
        let mut table = Table::default();
        table.apply_slice(&slice("web-1", &[("10.244.0.2", true)]));
        assert_eq!(table.apply_service(&service("10.96.0.9")).opened, [address()]);
    }

    #[test]
    fn a_new_address_closes_the_old_one() {
        let mut table = with(&[("10.244.0.2", true)]);
        let change = table.apply_service(&service("10.96.0.10"));
        assert_eq!((change.opened.len(), change.closed), (1, vec![address()]));
    }

    #[test]
    fn a_headless_service_has_endpoints_but_no_address() {
        let mut table = with(&[("10.244.0.2", true)]);
        table.apply_service(&service("None"));
        assert!(table.backends(address()).is_none());
        let key = ("a".to_owned(), "web".to_owned());
        assert_eq!(table.endpoints(&key, 80), ["10.244.0.2:8080".parse().unwrap()]);
    }
}
