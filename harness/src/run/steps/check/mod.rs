//! What a pod of a tenant can rely on, put to the proof: one file per part.

mod ground;
mod inside;
mod isolation;
mod services;
mod streams;
mod verdict;
mod volumes;

use futures::{FutureExt, future::BoxFuture};
use tenantbench_reports::Verdict;
use tenantbench_scenarios::Concern;

use self::{ground::Ground, verdict::Finding};
use crate::run::{
    RunError,
    round::{Round, Step},
};

/// Tries each part and records its findings; fails when one is broken, after all were tried.
pub fn run<'r>(
    round: &'r mut Round<'_>,
    parts: &'r [Concern],
    against: Option<&'r str>,
) -> BoxFuture<'r, Result<Step, RunError>> {
    async move {
        round.tenant()?.settled(round.platform.limit()).await?;
        let ground = Ground::prepare(round, round.tenant()?).await?;
        let mut broken = Vec::new();
        for part in parts {
            for Finding { name, verdict, detail } in part_of(*part, &ground, round, against).await? {
                if verdict == Verdict::Broken {
                    broken.push(format!("{name}: {detail}"));
                }
                round.record.check(name, verdict, detail);
            }
        }
        if broken.is_empty() { Ok(Step::Done) } else { Err(RunError::Broken { broken }) }
    }
    .boxed()
}

async fn part_of(
    part: Concern,
    ground: &Ground<'_>,
    round: &Round<'_>,
    against: Option<&str>,
) -> Result<Vec<Finding>, RunError> {
    match part {
        Concern::Services => services::run(ground).await,
        Concern::Inside => inside::run(ground).await,
        Concern::Streams => streams::run(ground).await,
        Concern::Volumes => volumes::run(ground).await,
        Concern::Isolation => {
            let other = against.and_then(|name| round.guests.get(name));
            let other = other.ok_or(RunError::OutOfOrder("the other tenant's create-tenant"))?;
            isolation::run(ground, round, &other.tenant).await
        }
    }
}
