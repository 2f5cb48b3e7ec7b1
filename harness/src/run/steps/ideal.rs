//! A second tenant for a floor: its plane is like the measured one's, and the ideal syncer serves it.

use crate::{
    names,
    run::{RunError, round::Round},
    tenancy::{Limits, Tenant, vcluster},
};

/// The host namespace of that tenant.
pub(super) struct Ideal {
    name: String,
}

impl Ideal {
    pub(super) fn of(round: &Round<'_>) -> Self {
        Self { name: names::tenant(round.model.name(), round.record.round, "ideal") }
    }

    /// Makes it; its API answers.
    pub(super) async fn make(&self, round: &Round<'_>, limits: &Limits) -> Result<Tenant, RunError> {
        Ok(vcluster::with_ideal_syncer(round.platform, &self.name, limits).await?)
    }

    /// Removes all of it, however far its making went.
    pub(super) async fn remove(&self, round: &Round<'_>) -> Result<(), RunError> {
        Ok(round.platform.delete_namespace(&self.name).await?)
    }
}
