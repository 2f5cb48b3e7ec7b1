//! One pod at a time, and as many through the ideal syncer, in turn; then one change at a time.

use futures::{FutureExt, future::BoxFuture};
use tenantbench_reports::Metric;

use super::ideal;
use crate::{
    observe::clock::Moment,
    probe::load::{
        Ends, content,
        pace::{Pace, Paced},
    },
    run::{
        RunError,
        round::{Round, Step},
    },
};

/// Measures pods one after another, then, without the floor, changes of what a pod uses.
pub fn run<'r>(
    round: &'r mut Round<'_>,
    pods: u32,
    changes: u32,
    asked: Option<Moment>,
) -> BoxFuture<'r, Result<Step, RunError>> {
    async move {
        // Its watches would weigh on what is measured here.
        round.guest_mut()?.sides = None;
        let ends = Ends::of(round.tenant()?, &*round.platform.host);
        let mut ours = Pace::open(&ends, round.platform.limit()).await?;
        first(round, &mut ours, asked).await?;
        beside(round, ours, pods.saturating_sub(1)).await?;
        round.beside.clear().await?;
        for changed in content::run(&ends, changes, round.platform.limit()).await? {
            let of = || Some(format!("{} {}", changed.kind, changed.number));
            round.record.full(Metric::ContentSync, changed.down, None, of(), false);
            round.record.full(Metric::ContentAnswer, changed.answer, None, of(), false);
            round.record.full(Metric::ContentDirect, changed.direct, None, of(), false);
        }
        Ok(Step::Done)
    }
    .boxed()
}

/// The first pod tells how soon a tenant works that was `asked` for just before. What else starts in a new tenant is no
/// part of what follows.
async fn first(round: &Round<'_>, ours: &mut Pace, asked: Option<Moment>) -> Result<(), RunError> {
    let paced = ours.one().await?;
    match asked {
        Some(asked) => round.record.sample(Metric::FirstPodReady, paced.ready.seconds_since(&asked)),
        None => {
            round.record.absent(Metric::FirstPodReady, "another step came between the tenant and its pods")
        }
    }
    Ok(round.tenant()?.settled(round.platform.limit()).await?)
}

/// Pods in pairs, one through each syncer; who is first in a pair changes.
async fn beside(round: &Round<'_>, mut ours: Pace, pods: u32) -> Result<(), RunError> {
    if pods == 0 {
        return Ok(());
    }
    let tenant = ideal::make(round, "ideal", &round.guest()?.limits).await?;
    let ends = Ends::of(&tenant, &*round.platform.host);
    let mut floor = Pace::open(&ends, round.platform.limit()).await?;
    for number in 1..=pods {
        let (own, least) = if number.is_multiple_of(2) {
            let least = floor.one().await?;
            (ours.one().await?, least)
        } else {
            (ours.one().await?, floor.one().await?)
        };
        record(round, number, &own, &least);
    }
    Ok(())
}

fn record(round: &Round<'_>, number: u32, own: &Paced, least: &Paced) {
    for (metric, value) in [
        (Metric::PodAddedDown, own.down),
        (Metric::PodSyncUp, own.up),
        (Metric::PodAdded, own.added()),
        (Metric::PodAnswer, own.answer),
        (Metric::PodAddedIdeal, least.added()),
        (Metric::PodAddedIdealRatio, least.added() / own.added()),
    ] {
        round.record.full(metric, value, None, Some(format!("pod {number}")), false);
    }
}
