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
        recorder::RoundRecorder,
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

    /// Where its pods go, for whoever waits.
    fn way(self) -> &'static str {
        match self {
            Self::Ours => "through the syncer",
            Self::Ideal => "through the ideal syncer",
            Self::Straight => "straight to the host",
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
            record(&arms, &round.record, size)?;
        }
        Ok(Step::Done)
    }
    .boxed()
}

/// Records what came of all three, or nothing where a pod lost Ready: a burst that fails for it must leave no figure.
fn record(arms: &Arms, to: &RoundRecorder<'_>, size: Size) -> Result<(), RunError> {
    arms.check_kept(to)?;
    for (arm, burst) in [(Arm::Ours, &arms.ours), (Arm::Ideal, &arms.ideal), (Arm::Straight, &arms.straight)]
    {
        figures::record_times(to, arm, burst);
        figures::record_cpu(to, arm, &burst.looks);
    }
    arms.record_ratios(to);
    arms.record_usage(to, size);
    Ok(())
}

/// The order of a round, counted from 1: in three rounds each arm is first, second and last once, and in the next three
/// those that followed each other go before.
fn order(round: u32) -> [Arm; 3] {
    let mut arms = [Arm::Ours, Arm::Ideal, Arm::Straight];
    let before = round.saturating_sub(1) as usize;
    if before / 3 % 2 == 1 {
        arms.reverse();
    }
    arms.rotate_left(before % 3);
    arms
}

async fn arms(round: &Round<'_>, sites: &Sites, size: Size) -> Result<Option<Arms>, RunError> {
    let host = &*round.platform.host;
    // Each burst begins with what is left of the step.
    let load = || Load { pods: size.pods, parallel: size.parallel, limit: round.platform.limit() };
    let (mut ours, mut ideal, mut straight) = (None, None, None);
    let on_host: Vec<Ends> = sites.straight.iter().map(|name| Ends::straight(host, name)).collect();
    let begins = |arm: Arm, measured| {
        round.record.begins(format!("  {} pods {}{measured}", size.tenants * size.pods, arm.way()))
    };
    // A host that has not had as many pods before is slower, and would be for whichever arm came first; so would one that
    // has not rested from them.
    begins(Arm::Straight, ", not measured");
    burst::run(&on_host, load(), REST, || ()).await?;
    for arm in order(round.record.round) {
        let (tenants, place) = match arm {
            Arm::Ours => (sites.ours(round)?, &mut ours),
            Arm::Ideal => (sites.ideal(), &mut ideal),
            Arm::Straight => (Vec::new(), &mut straight),
        };
        let through: Vec<Ends> = tenants.iter().map(|tenant| Ends::of(tenant, host)).collect();
        begins(arm, "");
        let places = if arm == Arm::Straight { &on_host } else { &through };
        let burst = burst::run(places, load(), REST, || Look::take(round, &tenants)).await?;
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
    use tenantbench_reports::{Event, Record, journal::JournalWriter};

    use super::*;
    use crate::{
        probe::load::burst::{Burst, Looks},
        run::recorder::Recorder,
    };

    fn burst(lost: usize) -> Burst<Look> {
        let look = || Look { bill: Bill::default(), syncers: None };
        let looks = Looks { idle: look(), ready: look(), full: look(), gone: look(), after: look() };
        Burst { bound: 1.0, ready: 2.0, gone: 1.0, seen: 3, lost, looks }
    }

    /// How recording ends, and what it records, where a pod of an arm has lost Ready.
    fn recorded(lost: Option<Arm>) -> (Result<(), RunError>, Vec<Event>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let recorder = Recorder::new(JournalWriter::create(&path).unwrap(), Box::new(|_| ()));
        let to = RoundRecorder { run: &recorder, round: 1, model: "vcluster", tenant: String::new() };
        let of = |arm| burst(usize::from(lost == Some(arm)));
        let arms = Arms { ours: of(Arm::Ours), ideal: of(Arm::Ideal), straight: of(Arm::Straight) };
        let ended = record(&arms, &to, Size { tenants: 1, pods: 3, parallel: 1 });
        let text = std::fs::read_to_string(&path).unwrap();
        let records = text.lines().map(|line| serde_json::from_str::<Record>(line).unwrap());
        (ended, records.map(|record| record.event).collect())
    }

    #[test]
    fn a_burst_in_which_a_pod_lost_ready_leaves_no_figure() {
        let (ended, events) = recorded(None);
        assert!(ended.is_ok() && events.iter().any(|event| matches!(event, Event::Sample(_))));
        for arm in [Arm::Ours, Arm::Ideal, Arm::Straight] {
            let (ended, events) = recorded(Some(arm));
            assert!(matches!(ended, Err(RunError::Broken { .. })), "{ended:?}");
            assert!(matches!(events[..], [Event::Checked { .. }]), "{events:?}");
        }
    }

    #[test]
    fn in_three_rounds_each_arm_stands_once_at_each_place_and_in_six_follows_each_other_as_often() {
        let all = [Arm::Ours, Arm::Ideal, Arm::Straight];
        for rounds in [[1, 2, 3], [4, 5, 6]] {
            for place in 0..3 {
                for arm in all {
                    let times = rounds.iter().filter(|round| order(**round)[place] == arm).count();
                    assert_eq!(times, 1, "{arm:?} at {place} in {rounds:?}");
                }
            }
        }
        let pairs = |[first, second, third]: [Arm; 3]| [(first, second), (second, third)];
        let follows = |one, other| {
            (1..=6).flat_map(|round| pairs(order(round))).filter(|pair| *pair == (one, other)).count()
        };
        assert!(all.iter().all(|one| all.iter().all(|other| one == other || follows(*one, *other) == 2)));
    }
}
