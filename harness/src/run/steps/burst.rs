//! Many pods at once, by the tenant, and the same against two floors in an order that changes from round to round.

use futures::{FutureExt, future::BoxFuture};
use tenantbench_reports::{Metric, Verdict};

use super::{SYNCER_ELSEWHERE, ideal::Ideal};
use crate::{
    names,
    probe::load::{
        Ends,
        burst::{self, Burst, Load, Used},
    },
    run::{
        RunError,
        round::{Round, Step},
    },
    tenancy::{Component, Limits, Tenant},
};

/// Who makes the pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arm {
    Ours,
    Ideal,
    Straight,
}

/// Measures all three, and removes what the floors needed, however it ends.
pub fn run<'r>(round: &'r mut Round<'_>, pods: u32, parallel: u32) -> BoxFuture<'r, Result<Step, RunError>> {
    async move {
        // Watches of other probes would weigh on this arm alone.
        round.guest_mut()?.sides = None;
        let limit = round.platform.limit();
        round.tenant()?.settled(limit).await?;
        let limits = round.guest()?.limits.clone();
        let floors = Floors::of(round);
        let ended = async {
            let ideal = floors.make(round, &limits).await?;
            arms(round, (&ideal, &floors.straight), Load { pods, parallel, limit }).await?;
            round.model.delete(round.platform, &ideal).await?;
            Ok::<_, RunError>(())
        };
        let ended = ended.await;
        let removed = floors.remove(round).await;
        ended?;
        removed?;
        Ok(Step::Done)
    }
    .boxed()
}

/// The host namespaces of the floors.
struct Floors {
    straight: String,
    ideal: Ideal,
}

impl Floors {
    fn of(round: &Round<'_>) -> Self {
        let straight = names::tenant(round.model.name(), round.record.round, "straight");
        Self { straight, ideal: Ideal::of(round) }
    }

    /// Both are there while any arm is measured, so that they weigh on every arm alike.
    async fn make(&self, round: &Round<'_>, limits: &Limits) -> Result<Tenant, RunError> {
        let user = names::tenant_user(&self.straight);
        round.platform.namespace(&self.straight, &user, limits).await?;
        self.ideal.make(round, limits).await
    }

    async fn remove(&self, round: &Round<'_>) -> Result<(), RunError> {
        round.platform.delete_namespace(&self.straight).await?;
        self.ideal.remove(round).await
    }
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

async fn arms(
    round: &Round<'_>,
    (through_ideal, on_host): (&Tenant, &str),
    load: Load,
) -> Result<(), RunError> {
    let (tenant, host) = (round.tenant()?, &*round.platform.host);
    let (mut ours, mut ideal, mut straight) = (None, None, None);
    for arm in order(round.record.round) {
        let (ends, syncer, place) = match arm {
            Arm::Ours => (Ends::of(tenant, host), tenant.plane.as_ref(), &mut ours),
            Arm::Ideal => (Ends::of(through_ideal, host), through_ideal.plane.as_ref(), &mut ideal),
            Arm::Straight => (Ends::straight(host, on_host), None, &mut straight),
        };
        let usage = || syncer.and_then(|plane| plane.usage(Component::Syncer));
        *place = Some(burst::run(&ends, load, usage).await?);
    }
    if let (Some(ours), Some(ideal), Some(straight)) = (ours, ideal, straight) {
        record_times(round, &ours, &ideal, &straight);
        record_usage(round, &ours, &ideal, load.pods);
        return kept(round, &ours);
    }
    Ok(())
}

/// A syncer that writes a condition which is not its own takes Ready from a pod whose kubelet was quick.
fn kept(round: &Round<'_>, ours: &Burst) -> Result<(), RunError> {
    let verdict = if ours.lost == 0 { Verdict::Held } else { Verdict::Broken };
    let detail = format!("pods of the burst were Ready and then not: {}", ours.lost);
    round.record.check("ready-is-kept", verdict, detail.as_str());
    match ours.lost {
        0 => Ok(()),
        _ => Err(RunError::Broken { broken: vec![detail] }),
    }
}

fn record_times(round: &Round<'_>, ours: &Burst, ideal: &Burst, straight: &Burst) {
    let by_arm = |burst: &Burst, [bound, ready, gone]: [Metric; 3]| {
        round.record.sample(bound, burst.bound);
        round.record.sample(ready, burst.ready);
        round.record.sample(gone, burst.gone);
    };
    by_arm(ours, [Metric::BurstBound, Metric::BurstReady, Metric::BurstGone]);
    by_arm(ideal, [Metric::BurstBoundIdeal, Metric::BurstReadyIdeal, Metric::BurstGoneIdeal]);
    by_arm(straight, [Metric::BurstBoundDirect, Metric::BurstReadyDirect, Metric::BurstGoneDirect]);
    for (metric, floor, own) in [
        (Metric::BurstBoundIdealRatio, ideal.bound, ours.bound),
        (Metric::BurstReadyIdealRatio, ideal.ready, ours.ready),
        (Metric::BurstGoneIdealRatio, ideal.gone, ours.gone),
        (Metric::BurstReadyDirectRatio, straight.ready, ours.ready),
        (Metric::BurstGoneDirectRatio, straight.gone, ours.gone),
    ] {
        round.record.sample(metric, floor / own);
    }
}

fn record_usage(round: &Round<'_>, ours: &Burst, ideal: &Burst, pods: u32) {
    let pods = f64::from(pods);
    let record = |metric, used: Option<Used>, read: fn(&Used) -> f64, of: f64| match used {
        Some(used) => round.record.sample(metric, read(&used) / of),
        None => round.record.absent(metric, SYNCER_ELSEWHERE),
    };
    record(Metric::SyncerIdle, ours.used, |used| used.bytes[0] as f64, 1.0);
    record(Metric::SyncerFull, ours.used, |used| used.bytes[1] as f64, 1.0);
    record(Metric::SyncerAfter, ours.used, |used| used.bytes[2] as f64, 1.0);
    record(Metric::SyncerPerPod, ours.used, |used| used.bytes[1] as f64 - used.bytes[0] as f64, pods);
    for (used, up, end) in [
        (ours.used, Metric::SyncerPodCpu, Metric::SyncerEndCpu),
        (ideal.used, Metric::IdealPodCpu, Metric::IdealEndCpu),
    ] {
        record(up, used, |used| used.ready_cpu, pods);
        record(end, used, |used| used.gone_cpu, pods);
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
