//! One pod at a time, one change at a time.

use futures::{FutureExt, future::BoxFuture};
use tenantbench_reports::Metric;

use crate::{
    probe::load::{Ends, content, pace::Pace},
    run::{
        RunError,
        round::{Round, Step},
    },
};

/// Measures pods one after another, then changes of what a pod uses.
pub fn run<'r>(round: &'r mut Round<'_>, pods: u32, changes: u32) -> BoxFuture<'r, Result<Step, RunError>> {
    async move {
        // Its watches would weigh on what is measured here.
        round.guest_mut()?.sides = None;
        let limit = round.platform.limit();
        let guest = round.guest()?;
        let ends = Ends::of(&guest.tenant, &*round.platform.host);
        let mut pace = Pace::open(&ends, limit).await?;
        for number in 0..pods {
            let paced = pace.one().await?;
            if number == 0 {
                round.record.sample(Metric::FirstPodReady, guest.ready_after + paced.ready);
                // What else starts in a new tenant is no part of what follows.
                guest.tenant.settled(limit).await?;
                continue;
            }
            for (metric, seconds) in [
                (Metric::PodSyncDown, paced.down),
                (Metric::PodSyncUp, paced.up),
                (Metric::PodAdded, paced.down + paced.up),
                (Metric::PodAnswer, paced.answer),
            ] {
                round.record.full(metric, seconds, None, Some(format!("pod {number}")), false);
            }
        }
        for changed in content::run(&ends, changes, limit).await? {
            let of = || Some(format!("{} {}", changed.kind, changed.number));
            round.record.full(Metric::ContentSync, changed.down, None, of(), false);
            round.record.full(Metric::ContentAnswer, changed.answer, None, of(), false);
        }
        Ok(Step::Done)
    }
    .boxed()
}
