//! Services: the same cluster address and node ports on both sides.

use crate::index::{Address, HostService, Id, Pair, Seen, TenantService, Uid};

/// The next thing to do about a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Settled,
    /// Make the host's copy, with the tenant's address if it is free.
    Create,
    /// Write the host's copy anew; it keeps its cluster address.
    Update,
    /// Remove the host's copy.
    DeleteHost {
        /// Its uid.
        uid: Uid,
    },
    /// The host's address differs and wins: take the tenant's address from its Service.
    Release,
    /// The tenant's Service is without an address: give it the host's.
    Take,
    /// The host's users have changed what either side's may change: the tenant's Service takes it over.
    TakeShared,
    /// The host's node ports differ and win.
    TakeNodePorts,
    /// The load balancer's status differs.
    Balancer,
}

/// Decides about a Service.
pub fn decide(id: &Id, pair: Option<&Pair<TenantService, HostService>>) -> Step {
    let Some(pair) = pair else { return Step::Settled };
    let tenant = pair.tenant.as_ref().filter(|tenant| tenant.deleting.is_none() && !id.is_api());
    match (tenant, &pair.host) {
        (_, Some(host)) if host.deleting.is_some() => Step::Settled,
        (None, Some(host)) => Step::DeleteHost { uid: host.uid.clone() },
        (None, None) => Step::Settled,
        (Some(tenant), _) if tenant.detail.repairing => Step::Take,
        (Some(_), None) => Step::Create,
        (Some(tenant), Some(host)) => both(tenant, host),
    }
}

fn both(tenant: &Seen<TenantService>, host: &Seen<HostService>) -> Step {
    let (copied, agreed) = (&host.detail.copied, &host.detail.agreed);
    let has_host_changed = tenant.detail.shared == *agreed && host.detail.shared != *agreed;
    // What has lost its address on the host, or has got one, is put right.
    let is_of_a_sort =
        std::mem::discriminant(&tenant.detail.address) == std::mem::discriminant(&host.detail.address);
    if copied.tenant_uid == tenant.uid && has_host_changed && is_of_a_sort {
        return Step::TakeShared;
    }
    if copied.tenant_uid != tenant.uid
        || copied.content != tenant.detail.wanted
        || host.detail.shared != tenant.detail.shared
        || tenant.detail.shared != *agreed
    {
        return Step::Update;
    }
    match (&tenant.detail.address, &host.detail.address) {
        (tenant, host) if tenant == host => {}
        (Address::Ip(_), Address::Ip(_)) => return Step::Release,
        // Between headless and not there is no way in place.
        _ => return Step::DeleteHost { uid: host.uid.clone() },
    }
    if node_ports(&tenant.detail.ports) != node_ports(&host.detail.ports) {
        return Step::TakeNodePorts;
    }
    if tenant.detail.balancer != host.detail.balancer { Step::Balancer } else { Step::Settled }
}

fn node_ports(ports: &[crate::index::ServicePort]) -> Vec<u16> {
    ports.iter().map(|port| port.node_port).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Copied;

    fn tenant(ip: &str) -> Seen<TenantService> {
        let detail = TenantService {
            wanted: 1,
            address: Address::Ip(ip.into()),
            ports: Box::default(),
            selects: true,
            repairing: false,
            balancer: 0,
            shared: Some("a".into()),
        };
        Seen::new("t1", 1, None, detail)
    }

    fn host(ip: &str) -> Seen<HostService> {
        let copied = Copied { tenant_uid: "t1".into(), content: 1 };
        let detail = HostService {
            copied,
            address: Address::Ip(ip.into()),
            ports: Box::default(),
            balancer: 0,
            shared: Some("a".into()),
            agreed: Some("a".into()),
        };
        Seen::new("h1", 1, None, detail)
    }

    fn step(tenant: Option<Seen<TenantService>>, host: Option<Seen<HostService>>) -> Step {
        decide(&Id::new("shop", "web"), Some(&Pair { tenant, host }))
    }

    #[test]
    fn a_service_is_made_kept_and_removed() {
        assert_eq!(step(Some(tenant("10.0.0.1")), None), Step::Create);
        assert_eq!(step(Some(tenant("10.0.0.1")), Some(host("10.0.0.1"))), Step::Settled);
        assert_eq!(step(None, Some(host("10.0.0.1"))), Step::DeleteHost { uid: "h1".into() });
    }

    #[test]
    fn a_change_on_the_host_comes_up_unless_the_tenant_has_changed_it_too() {
        let theirs = || {
            let mut host = host("10.0.0.1");
            host.detail.shared = Some("b".into());
            host
        };
        assert_eq!(step(Some(tenant("10.0.0.1")), Some(theirs())), Step::TakeShared);
        let mut ours = tenant("10.0.0.1");
        ours.detail.shared = Some("c".into());
        assert_eq!(step(Some(ours), Some(theirs())), Step::Update);
        // An ExternalName, say, which would take the tenant's address from it.
        let mut other = theirs();
        other.detail.address = Address::Absent;
        assert_eq!(step(Some(tenant("10.0.0.1")), Some(other)), Step::Update);
    }

    #[test]
    fn the_hosts_address_wins() {
        assert_eq!(step(Some(tenant("10.0.0.1")), Some(host("10.0.0.2"))), Step::Release);
    }

    #[test]
    fn a_change_of_address_that_was_cut_short_is_finished() {
        let mut half = tenant("");
        half.detail.address = Address::Absent;
        half.detail.repairing = true;
        half.detail.wanted = 99;
        assert_eq!(step(Some(half), Some(host("10.0.0.2"))), Step::Take);
    }

    #[test]
    fn the_tenants_own_api_stays_in_the_tenant() {
        let pair = Pair { tenant: Some(tenant("10.96.0.1")), host: None };
        assert_eq!(decide(&Id::new("default", "kubernetes"), Some(&pair)), Step::Settled);
    }
}
