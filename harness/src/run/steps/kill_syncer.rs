//! The syncer is killed while the tenant has pods: how long until it works again.

use futures::{FutureExt, future::BoxFuture};
use nix::sys::signal::Signal;
use tenantbench_reports::Metric;

use super::SYNCER_ELSEWHERE;
use crate::{
    observe::clock::Moment,
    probe::load::{Ends, pace::Pace},
    process::Identity,
    run::{
        RunError,
        round::{Round, Step},
    },
    tenancy::Component,
};

/// Fills the tenant, kills its syncer, and creates a pod at once.
pub fn run<'r>(round: &'r mut Round<'_>, pods: u32, parallel: u32) -> BoxFuture<'r, Result<Step, RunError>> {
    async move {
        round.guest_mut()?.sides = None;
        let tenant = round.tenant()?;
        tenant.settled(round.platform.limit()).await?;
        let syncer = tenant.plane.as_ref().and_then(|plane| plane.pid(Component::Syncer));
        let Some(syncer) = syncer.and_then(Identity::of) else {
            for metric in [Metric::SyncerRestart, Metric::SyncerRestartReady] {
                round.record.absent(metric, SYNCER_ELSEWHERE);
            }
            return Ok(Step::Done);
        };
        let ends = Ends::of(tenant, &*round.platform.host);
        let mut pace = Pace::open(&ends, round.platform.limit()).await?;
        pace.fill(pods, parallel).await?;
        let killed = Moment::now();
        syncer.signal(Signal::SIGKILL);
        let [on_host, ready] = pace.next(killed).await?;
        round.record.sample(Metric::SyncerRestart, on_host);
        round.record.sample(Metric::SyncerRestartReady, ready);
        let limit = round.platform.limit();
        let guest = round.guest_mut()?;
        guest.killed_syncers += 1;
        if let Some(plane) = &mut guest.tenant.plane {
            plane.refresh(limit).await?;
        }
        Ok(Step::Done)
    }
    .boxed()
}
