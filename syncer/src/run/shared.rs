//! What the tenants of one process have in common.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use kube::Client;

use super::{
    Health, RunError,
    dispatch::Roster,
    lead::{Candidate, Election, Lead},
};
use crate::{
    client::{self, Purpose},
    clock::Clock,
    flow::Gate,
    queue::TenantId,
    sync::{Tenant, Work},
    watch::HostWatches,
};

/// The ways to the host's API, and the queue. Clones are the same.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) host: kube::Config,
    pub(super) requests: Client,
    /// How many calls it bears, and whose go first.
    pub(super) gate: Gate,
    /// For streams that take a connection each.
    pub(super) upgrades: Client,
    /// How the host is watched.
    pub(super) watches: HostWatches,
    pub(super) work: Arc<Work>,
    pub(super) roster: Roster,
    /// Whether anything may be written.
    pub(super) lead: Lead,
    next: Arc<AtomicU32>,
}

impl Shared {
    /// Connects to nothing yet. `of_many`: how the process fares, where it serves many tenants, who then watch the host
    /// together as far as it lets them.
    pub(super) fn new(
        host: &kube::Config,
        clock: Clock,
        election: Option<&Election>,
        of_many: Option<&Health>,
    ) -> Result<(Self, Option<Candidate>), RunError> {
        let requests = client::client(host.clone(), Purpose::Requests)?;
        let watches = HostWatches::new(host.clone(), requests.clone(), of_many);
        let candidate = election.map(|election| Candidate::new(requests.clone(), election));
        let (candidate, lead) = candidate.unzip();
        let this = Self {
            host: host.clone(),
            requests,
            gate: Gate::of_host(),
            upgrades: client::client(host.clone(), Purpose::Upgrades)?,
            watches,
            work: Arc::new(Work::new(clock)),
            roster: Roster::default(),
            lead: lead.unwrap_or_else(Lead::alone),
            next: Arc::default(),
        };
        Ok((this, candidate))
    }

    /// A place for a tenant, whose keys are taken from now on and forgotten when it is dropped.
    pub(super) fn seat(&self) -> Seat {
        let id = TenantId(self.next.fetch_add(1, Ordering::Relaxed));
        self.work.add(id);
        Seat { id, work: Arc::clone(&self.work), roster: self.roster.clone() }
    }
}

/// A tenant's place in the queue.
pub(super) struct Seat {
    id: TenantId,
    work: Arc<Work>,
    roster: Roster,
}

impl Seat {
    /// Its number.
    pub(super) fn id(&self) -> TenantId {
        self.id
    }

    /// Has what goes ahead of the tenant's keys given out.
    pub(super) fn enrol(&self, tenant: &Arc<Tenant>, health: &Health) {
        self.roster.enrol(Arc::clone(tenant), health.clone());
    }

    /// Has all of the tenant's keys given out. Both of its sides have been listed.
    pub(super) fn open(&self, health: &Health) {
        self.roster.open(self.id, health, &self.work);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.roster.dismiss(self.id, &self.work);
    }
}
