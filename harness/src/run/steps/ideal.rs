//! Tenants for a floor: their planes are like the measured ones', and an ideal syncer serves each.

use std::sync::Arc;

use crate::{
    run::{RunError, round::Round},
    tenancy::{Limits, Tenant, vcluster},
};

/// Makes one; its API answers. It goes with the step.
pub(super) async fn make(round: &Round<'_>, own: &str, limits: &Limits) -> Result<Arc<Tenant>, RunError> {
    let name = round.host_namespace(own);
    let making = vcluster::with_ideal_syncer(round.platform, &name, limits);
    Ok(round.beside.tenant(&name, making).await?)
}
