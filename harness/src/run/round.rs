//! One round of one model: the whole life of its tenants, step by step.

use std::sync::Arc;

use futures::future::BoxFuture;
use indexmap::IndexMap;
use tenantbench_reports::Refusal;

use super::{RunError, beside::Beside, recorder::RoundRecorder};
use crate::{
    host::SUPERVISOR,
    names,
    observe::{audit_log::Request, clock::Moment, pods::PodRecorder, process},
    probe::{
        inventory::{Inventory, Object},
        leftovers::Shared,
        machine::MachineState,
    },
    tenancy::{Limits, Model, Platform, PlatformInstall, TenancyError, Tenant},
    workload::{Package, Workload},
};

/// What a round knows while it goes on.
pub struct Round<'a> {
    /// The platform team on the round's host.
    pub platform: &'a Platform,
    /// The model under test.
    pub model: &'static dyn Model,
    /// What tenants install.
    pub workload: &'a Workload,
    /// What the platform installed on the round's host for all tenants, where the model has it do so.
    pub shared: Option<&'a PlatformInstall>,
    /// Where figures go.
    pub record: RoundRecorder<'a>,
    /// What was on the host and the machine before the tenants came.
    pub before: Before,
    /// What the step under way has made for itself.
    pub beside: Beside<'a>,
    /// The tenants from their creation on, also those that were deleted, by the scenario's names for them.
    pub guests: IndexMap<String, Guest>,
}

/// A tenant, and what is known of it while the round goes on.
pub struct Guest {
    /// The tenant.
    pub tenant: Tenant,
    /// What it may use of the host.
    pub limits: Limits,
    /// What it uses, from its installation on.
    pub package: Option<Package>,
    /// The pods on both sides, where there are two sides.
    pub sides: Option<Sides>,
    /// When it was asked for; none as soon as a step has begun after its making.
    pub asked: Option<Moment>,
    /// How often a step has killed its syncer.
    pub killed_syncers: i32,
}

/// The state before a round, to compare with.
pub struct Before {
    /// Objects on the host.
    pub objects: Inventory,
    /// Processes, ports and files.
    pub machine: MachineState,
    /// Memory of the host's own processes in bytes, where they are on this machine.
    pub host_pss_bytes: Option<u64>,
    /// What the platform installed after that, for all tenants.
    pub shared: Shared,
}

/// Watches on both sides of a virtual cluster.
pub struct Sides {
    /// Inside, all namespaces.
    pub tenant: PodRecorder,
    /// The one host namespace.
    pub host: PodRecorder,
}

/// How a step ended, if not with an error.
pub enum Step {
    /// Go on.
    Done,
    /// The model refused what was asked for: the steps that build on it are left out.
    Refused(Refusal),
}

/// A step: what it does with a round.
pub type StepFn = for<'r, 'a> fn(&'r mut Round<'a>) -> BoxFuture<'r, Result<Step, RunError>>;

impl Round<'_> {
    /// From here on it is about the tenant that the scenario calls so.
    pub fn turn_to(&mut self, tenant: Option<&str>) {
        self.record.tenant = tenant.unwrap_or_default().to_owned();
    }

    /// Whom it is about, where it is there.
    pub fn whose(&self) -> Option<&Guest> {
        self.guests.get(&self.record.tenant)
    }

    /// Whom it is about, which a lint of the scenario has made sure was created before.
    pub fn guest(&self) -> Result<&Guest, RunError> {
        self.whose().ok_or(RunError::OutOfOrder("create-tenant"))
    }

    /// As [`Round::guest`], to note something of it.
    pub fn guest_mut(&mut self) -> Result<&mut Guest, RunError> {
        self.guests.get_mut(&self.record.tenant).ok_or(RunError::OutOfOrder("create-tenant"))
    }

    /// The tenant that it is about.
    pub fn tenant(&self) -> Result<&Tenant, RunError> {
        self.guest().map(|guest| &guest.tenant)
    }

    /// The name of the host namespace of what is called `own` in this round.
    pub fn host_namespace(&self, own: &str) -> String {
        names::tenant(self.model.name(), self.record.round, own)
    }

    /// Makes a tenant of the round's model, with all its rights.
    ///
    /// # Errors
    /// [`TenancyError`] as calls and waits end.
    pub async fn create(&self, name: &str, limits: &Limits) -> Result<Tenant, TenancyError> {
        let tenant = self.model.create(self.platform, name, limits).await?;
        self.model.grant(self.platform, self.workload, &tenant).await?;
        Ok(tenant)
    }

    /// What that tenant has installed.
    pub fn package(&self) -> Result<&Package, RunError> {
        self.guest()?.package.as_ref().ok_or(RunError::OutOfOrder("install"))
    }
}

impl Round<'_> {
    /// The writes and lists that the tenant's API server has logged: the host's own log, or that of the tenant's plane. Empty
    /// where no log is to be had.
    pub async fn api_requests(&self) -> Arc<Vec<Request>> {
        match self.whose().and_then(|guest| guest.tenant.plane.as_ref()) {
            Some(plane) => Arc::new(plane.audit().await.unwrap_or_default()),
            None => self.host_requests(),
        }
    }

    /// The writes and lists in the host's audit log; none where the log is not on this machine.
    pub fn host_requests(&self) -> Arc<Vec<Request>> {
        self.platform.audit.requests()
    }
}

impl Before {
    /// Notes all that has come since as the platform's, to be called when its installation is done.
    pub async fn note_shared(&mut self, platform: &Platform) -> Result<(), RunError> {
        let objects = Inventory::take(&platform.client()).await?.added_since(&self.objects);
        let machine = machine_state(platform).added_since(&self.machine);
        self.shared = Shared {
            objects: objects.iter().map(Object::full_name).collect(),
            machine: machine.into_iter().map(|left| left.name).collect(),
        };
        Ok(())
    }

    /// Looks at the host and the machine.
    pub async fn take(platform: &Platform) -> Result<Self, RunError> {
        let objects = Inventory::take(&platform.client()).await?;
        Ok(Self {
            objects,
            machine: machine_state(platform),
            host_pss_bytes: control_plane_pss(platform),
            shared: Shared::default(),
        })
    }
}

/// Memory of the host's control plane in bytes; the simulated nodes are left out, for no real host has them there.
pub fn control_plane_pss(platform: &Platform) -> Option<u64> {
    let processes = platform.host.processes();
    let control_plane = processes.into_iter().filter(|(component, _)| component != SUPERVISOR);
    let pids: Vec<u32> = control_plane.map(|(_, pid)| pid).collect();
    if pids.is_empty() {
        return None;
    }
    process::total(pids).map(|usage| usage.pss_bytes)
}

/// Processes, ports and files of this process, the host and everything below them.
pub fn machine_state(platform: &Platform) -> MachineState {
    let mut roots: Vec<u32> = platform.host.processes().into_values().collect();
    roots.push(std::process::id());
    let folders: Vec<_> = platform.host.folder().into_iter().collect();
    MachineState::take(&roots, &folders)
}

/// Watches both sides of a tenant that has a control plane of its own.
pub fn watch_sides(tenant: &Tenant) -> Option<Sides> {
    tenant.plane.as_ref()?;
    Some(Sides {
        tenant: PodRecorder::start(tenant.client(), None),
        host: PodRecorder::start(tenant.host.client().clone(), Some(&tenant.name)),
    })
}
