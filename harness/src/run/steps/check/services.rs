//! A pod reaches a Service of another namespace of its tenant.

use super::{
    ground::{BACK, Ground, SERVER, SERVICE_PORT},
    verdict::{Finding, reached, words},
};
use crate::{inside::Fetched, run::RunError};

pub(super) async fn run(ground: &Ground<'_>) -> Result<Vec<Finding>, RunError> {
    Ok(vec![by_address(ground).await?, by_name(ground).await?])
}

async fn by_address(ground: &Ground<'_>) -> Result<Finding, RunError> {
    let fetched = ground.fetch(&format!("{}:{SERVICE_PORT}", ground.address)).await?;
    let name = "services-by-address";
    Ok(match reached(&fetched, SERVER) {
        true => Finding::held(name, format!("across namespaces, {}", words(&fetched))),
        false => Finding::broken(name, words(&fetched)),
    })
}

async fn by_name(ground: &Ground<'_>) -> Result<Finding, RunError> {
    let name = "services-by-name";
    if ground.simulated {
        return Ok(Finding::not_shown(name, "simulated nodes have no DNS"));
    }
    let short = format!("{SERVER}.{BACK}");
    let full = format!("{short}.svc.cluster.local");
    for host in [&short, &full] {
        let fetched = ground.fetch(&format!("{host}:{SERVICE_PORT}")).await?;
        let at_its_address = matches!(&fetched, Fetched::Answered { address, .. } if address.starts_with(&format!("{}:", ground.address)));
        if !reached(&fetched, SERVER) || !at_its_address {
            return Ok(Finding::broken(name, format!("{host}: {}", words(&fetched))));
        }
    }
    Ok(Finding::held(name, format!("{short} and {full} lead to {} at {}", SERVER, ground.address)))
}
