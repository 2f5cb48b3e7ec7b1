//! Questions that decisions and the kubelet endpoint ask of the index.

use std::collections::HashSet;

use super::{Address, Copy, DNS, HostPod, Id, Index, Key, Pair, TenantPod};
use crate::{
    decide::content::keeps_state,
    index::ServicePort,
    kinds::{Kind, Side},
};

/// A Service as a pod's environment shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The Service's name.
    pub name: String,
    /// Its cluster address.
    pub ip: String,
    /// Its ports.
    pub ports: Vec<ServicePort>,
}

impl Index {
    /// Whether something that a pod names is in the tenant and not on the host yet: nothing is, or what an earlier object of
    /// that name kept. What is in neither holds no pod up: the host's kubelet waits for it as the tenant's would.
    pub fn awaits_references(&self, pod: &Id) -> bool {
        self.named_by(pod).iter().any(|key| {
            let pair = self.contents(key.kind).get(&key.id);
            let Some((tenant, host)) = pair.and_then(|pair| Some((pair.tenant.as_ref()?, &pair.host))) else {
                return false;
            };
            host.as_ref()
                .is_none_or(|host| keeps_state(key.kind) && host.detail.copied.tenant_uid != tenant.uid)
        })
    }

    /// What a pod names.
    pub fn named_by(&self, pod: &Id) -> &[Key] {
        self.references.of(&Key::new(Kind::Pod, pod.clone()))
    }

    /// The pods that only one side has: made or removed while nobody looked, and waited for.
    pub fn one_sided(&self) -> Vec<Key> {
        let one_sided = self.pods.iter().filter(|(_, pair)| pair.tenant.is_none() || pair.host.is_none());
        one_sided.map(|(id, _)| Key::new(Kind::Pod, id.clone())).collect()
    }

    /// The Services of a namespace that a pod's environment shows, by name.
    pub fn links(&self, namespace: &str) -> Vec<Link> {
        let mut links: Vec<Link> =
            self.services.iter().filter(|(id, _)| *id.namespace == *namespace).filter_map(link).collect();
        links.sort_by(|a, b| a.name.cmp(&b.name));
        links
    }

    /// The address of the tenant's own DNS, where it has one.
    pub fn dns(&self) -> Option<String> {
        let id = Id::new(DNS.0, DNS.1);
        self.services.get(&id).and_then(|pair| link((&id, pair))).map(|link| link.ip)
    }

    /// The nodes that a pod is on and the tenant's Nodes, each with whether a pod is on it.
    pub fn nodes_in_question(&self) -> Vec<(String, bool)> {
        let used = self.nodes();
        let present = self.raised(Kind::Node).into_iter().flat_map(|table| table.iter());
        let unused = present
            .filter(|(id, pair)| pair.tenant.is_some() && !used.contains(&*id.name))
            .map(|(id, _)| (id.name.to_string(), false));
        unused.chain(used.iter().map(|name| ((*name).to_owned(), true))).collect()
    }

    /// The nodes that a pod of either side is on. Those of a DaemonSet do not count: they are there because the Node is,
    /// and would keep it for ever.
    pub fn nodes(&self) -> HashSet<&str> {
        let is_daemon =
            |pair: &Pair<TenantPod, HostPod>| pair.tenant.as_ref().is_some_and(|tenant| tenant.detail.daemon);
        self.pods.iter().filter(|(_, pair)| !is_daemon(pair)).flat_map(|(_, pair)| nodes_of(pair)).collect()
    }

    /// Whether the tenant has removed a pod without waiting for its containers to end, which run on the host.
    pub fn is_forced(&self, pod: &Id) -> bool {
        let host = self.pods.get(pod).and_then(|pair| pair.host.as_ref());
        host.is_some_and(|host| self.forced.contains_key(&host.uid))
    }

    /// How many objects are known, by kind and side.
    pub fn held(&self) -> Vec<(Kind, Side, usize)> {
        let mut held = Vec::new();
        let mut add = |kind, [tenant, host]: [usize; 2]| {
            held.push((kind, Side::Tenant, tenant));
            held.push((kind, Side::Host, host));
        };
        add(Kind::Pod, self.pods.held());
        add(Kind::Service, self.services.held());
        for (kind, table) in self.contents.iter() {
            add(kind, table.held());
        }
        held
    }

    /// Whose copy the host object with this uid is.
    pub fn copy(&self, host_uid: &str) -> Option<Copy> {
        let copy = self.copies.get(host_uid)?;
        Some(Copy { key: self.as_served(&copy.key).into_owned(), ..copy.clone() })
    }

    /// What an object names and what names it: whatever else a text about it may speak of.
    pub fn around(&self, key: &Key) -> Vec<Id> {
        self.references
            .of(key)
            .iter()
            .chain(self.references.users(key))
            .map(|other| other.id.clone())
            .collect()
    }
}

impl Pair<TenantPod, HostPod> {
    /// Whether either side has the tenant's pod with this uid, or its copy.
    pub fn is_of(&self, tenant_uid: &str) -> bool {
        let is_tenants = self.tenant.as_ref().is_some_and(|tenant| *tenant.uid == *tenant_uid);
        is_tenants || self.host.as_ref().is_some_and(|host| *host.detail.copied.tenant_uid == *tenant_uid)
    }
}

fn nodes_of(pair: &Pair<TenantPod, HostPod>) -> impl Iterator<Item = &str> {
    let tenant = pair.tenant.as_ref().and_then(|seen| seen.detail.node.as_deref());
    let host = pair.host.as_ref().and_then(|seen| seen.detail.node.as_deref());
    tenant.into_iter().chain(host)
}

fn link((id, pair): (&Id, &Pair<super::TenantService, super::HostService>)) -> Option<Link> {
    let tenant = pair.tenant.as_ref()?;
    if id.is_api() {
        return None;
    }
    // The host's address is the one that will hold: a tenant's that differs is about to be changed to it.
    let address = pair.host.as_ref().map_or(&tenant.detail.address, |host| &host.detail.address);
    let Address::Ip(ip) = address else { return None };
    Some(Link { name: id.name.to_string(), ip: ip.to_string(), ports: tenant.detail.ports.to_vec() })
}
