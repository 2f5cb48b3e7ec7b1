//! Where a burst goes: the measured tenants, as many that the ideal syncer serves, and as many namespaces.

use std::{iter, sync::Arc};

use crate::{
    names,
    run::{RunError, round::Round, steps::ideal},
    tenancy::{Limits, Tenant},
};

/// What the step makes. All of it is there while any arm is measured, so that it weighs on every arm alike.
pub(super) struct Sites {
    /// The measured tenants beside the round's own.
    others: Vec<Arc<Tenant>>,
    ideal: Vec<Arc<Tenant>>,
    /// The host namespaces of the straight floor.
    pub(super) straight: Vec<String>,
}

impl Sites {
    /// Makes all that so many tenants need, two planes at a time: a machine is busy with that many.
    pub(super) async fn make(round: &Round<'_>, tenants: u32) -> Result<Self, RunError> {
        let limits = &round.guest()?.limits;
        let straight = straight(round, tenants, limits).await?;
        let (others, ideal) =
            tokio::try_join!(others(round, tenants, limits), ideals(round, tenants, limits))?;
        if tenants > 1 {
            round.record.run.note(format!(
                "{} round {}: {tenants} tenants, as many of the ideal syncer and as many namespaces are there",
                round.record.model, round.record.round
            ));
        }
        Ok(Self { others, ideal, straight })
    }

    /// The measured tenants.
    pub(super) fn ours<'s>(&'s self, round: &'s Round<'_>) -> Result<Vec<&'s Tenant>, RunError> {
        Ok(iter::once(round.tenant()?).chain(self.others.iter().map(Arc::as_ref)).collect())
    }

    /// Those of the ideal syncer.
    pub(super) fn ideal(&self) -> Vec<&Tenant> {
        self.ideal.iter().map(Arc::as_ref).collect()
    }
}

/// The tenants that the round is short of, each like its own.
async fn others(round: &Round<'_>, tenants: u32, limits: &Limits) -> Result<Vec<Arc<Tenant>>, RunError> {
    let mut others = Vec::new();
    for number in 2..=tenants {
        let name = round.host_namespace(&numbered("burst", number));
        let tenant = round.beside.tenant(&name, round.create(&name, limits)).await?;
        tenant.settled(round.platform.limit()).await?;
        others.push(tenant);
    }
    Ok(others)
}

async fn ideals(round: &Round<'_>, tenants: u32, limits: &Limits) -> Result<Vec<Arc<Tenant>>, RunError> {
    let mut ideals = Vec::new();
    for number in 1..=tenants {
        ideals.push(ideal::make(round, &numbered("ideal", number), limits).await?);
    }
    Ok(ideals)
}

async fn straight(round: &Round<'_>, tenants: u32, limits: &Limits) -> Result<Vec<String>, RunError> {
    let mut namespaces = Vec::new();
    for number in 1..=tenants {
        let name = round.host_namespace(&numbered("straight", number));
        round.beside.namespace(&name, &names::tenant_user(&name), limits).await?;
        namespaces.push(name);
    }
    Ok(namespaces)
}

/// The first has no number, as where there is one only.
fn numbered(own: &str, number: u32) -> String {
    match number {
        1 => own.to_owned(),
        number => format!("{own}-{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_several_differ_and_that_of_one_needs_no_number() {
        assert_eq!([1, 2, 50].map(|number| numbered("ideal", number)), ["ideal", "ideal-2", "ideal-50"]);
    }
}
