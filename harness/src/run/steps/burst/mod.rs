//! Many pods at once, by one tenant or several, and the same against two floors in an order that changes from round to
//! round.

mod figures;
mod sites;

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};

use self::{figures::Arms, sites::Sites};
use crate::{
    observe::process::Usage,
    probe::load::{
        Ends,
        burst::{self, Load},
    },
    run::{
        RunError,
        round::{Round, Step},
        steps::bill::Bill,
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

/// How long everything is let alone after each half of a burst.
const REST: Duration = Duration::from_secs(5);

/// Who makes the pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arm {
    Ours,
    Ideal,
    Straight,
}

impl Arm {
    /// As figures name it.
    fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Ideal => "ideal",
            Self::Straight => "straight",
        }
    }
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
    burst::run(&on_host, load, Duration::ZERO, || ()).await?;
    for arm in order(round.record.round) {
        let (tenants, place) = match arm {
            Arm::Ours => (sites.ours(round)?, &mut ours),
            Arm::Ideal => (sites.ideal(), &mut ideal),
            Arm::Straight => (Vec::new(), &mut straight),
        };
        let through: Vec<Ends> = tenants.iter().map(|tenant| Ends::of(tenant, host)).collect();
        let places = if arm == Arm::Straight { &on_host } else { &through };
        let burst = burst::run(places, load, REST, || Look::take(round, &tenants)).await?;
        figures::record_times(&round.record, arm, &burst);
        figures::record_cpu(&round.record, arm, &burst.looks);
        *place = Some(burst);
    }
    let all = ours.zip(ideal).zip(straight);
    Ok(all.map(|((ours, ideal), straight)| Arms { ours, ideal, straight }))
}

/// What processes have used at one moment.
#[derive(Debug)]
struct Look {
    bill: Bill,
    /// The syncers together; none where one of them cannot be read.
    syncers: Option<Usage>,
}

impl Look {
    fn take(round: &Round<'_>, tenants: &[&Tenant]) -> Self {
        let each = |tenant: &Tenant| tenant.plane.as_ref()?.usage(Component::Syncer);
        let syncers = tenants.iter().try_fold(Usage::default(), |sum, tenant| Some(sum + each(tenant)?));
        Self { bill: Bill::take(round.platform, tenants.iter().copied()).with_own(), syncers }
    }
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
