//! Many pods at once, by one tenant or several, and the same against two floors in an order that changes from round to
//! round.

mod figures;
mod sites;

use futures::{FutureExt, future::BoxFuture};

use self::{figures::Arms, sites::Sites};
use crate::{
    host::Host,
    observe::process::Usage,
    probe::load::{
        Ends,
        burst::{self, Burst, Load},
    },
    run::{
        RunError,
        round::{Round, Step},
    },
    tenancy::{Component, Tenant},
};

/// How much is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// How many tenants do it at the same time.
    pub tenants: u32,
    /// How many pods each has.
    pub pods: u32,
    /// How many calls each has under way at once.
    pub parallel: u32,
}

/// Who makes the pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arm {
    Ours,
    Ideal,
    Straight,
}

/// Measures all three. What the floors and further tenants need goes with the step.
pub fn run<'r>(round: &'r mut Round<'_>, size: Size) -> BoxFuture<'r, Result<Step, RunError>> {
    async move {
        // Watches of other probes would weigh on this arm alone.
        round.guest_mut()?.sides = None;
        round.tenant()?.settled(round.platform.limit()).await?;
        let sites = Sites::make(round, size.tenants).await?;
        if let Some(arms) = arms(round, &sites, size).await? {
            arms.record_ratios(&round.record);
            arms.record_usage(&round.record, size);
            arms.check_kept(&round.record)?;
        }
        Ok(Step::Done)
    }
    .boxed()
}

/// The order of a round: each arm is first, second and last equally often.
fn order(round: u32) -> [Arm; 3] {
    let mut arms = [Arm::Ours, Arm::Ideal, Arm::Straight];
    if round.is_multiple_of(2) {
        arms.reverse();
    }
    arms.rotate_left(round as usize / 2 % 3);
    arms
}

async fn arms(round: &Round<'_>, sites: &Sites, size: Size) -> Result<Option<Arms>, RunError> {
    let host = &*round.platform.host;
    let load = Load { pods: size.pods, parallel: size.parallel, limit: round.platform.limit() };
    let (mut ours, mut ideal, mut straight) = (None, None, None);
    let on_host: Vec<Ends> = sites.straight.iter().map(|name| Ends::straight(host, name)).collect();
    // A host that has not had as many pods before is slower, and would be for whichever arm came first.
    burst::run(&on_host, load, || None).await?;
    for arm in order(round.record.round) {
        let (burst, place) = match arm {
            Arm::Ours => (through(&sites.ours(round)?, host, load).await?, &mut ours),
            Arm::Ideal => (through(&sites.ideal(), host, load).await?, &mut ideal),
            Arm::Straight => (burst::run(&on_host, load, || None).await?, &mut straight),
        };
        figures::record_times(&round.record, arm, &burst);
        *place = Some(burst);
    }
    let all = ours.zip(ideal).zip(straight);
    Ok(all.map(|((ours, ideal), straight)| Arms { ours, ideal, straight }))
}

/// A burst by tenants through their syncers.
async fn through(tenants: &[&Tenant], host: &dyn Host, load: Load) -> Result<Burst, RunError> {
    let ends: Vec<Ends> = tenants.iter().map(|tenant| Ends::of(tenant, host)).collect();
    burst::run(&ends, load, || used(tenants)).await
}

/// What the syncers of these use together; none where one of them cannot be read.
fn used(tenants: &[&Tenant]) -> Option<Usage> {
    let each = |tenant: &Tenant| tenant.plane.as_ref()?.usage(Component::Syncer);
    tenants.iter().try_fold(Usage::default(), |sum, tenant| Some(sum + each(tenant)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_six_rounds_each_arm_stands_twice_at_each_place() {
        for place in 0..3 {
            for arm in [Arm::Ours, Arm::Ideal, Arm::Straight] {
                let times = (1..=6).filter(|round| order(*round)[place] == arm).count();
                assert_eq!(times, 2, "{arm:?} at {place}");
            }
        }
    }
}
