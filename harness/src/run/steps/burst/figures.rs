//! What a burst's three arms come to: times, ratios, and what syncers used.

use tenantbench_reports::{Metric, Verdict};

use super::{Arm, Size};
use crate::{
    probe::load::burst::{Burst, Used},
    run::{RunError, recorder::RoundRecorder, steps::SYNCER_ELSEWHERE},
};

/// What the syncers hold at a time more than before the burst.
fn grown(used: &Used, at: usize) -> f64 {
    used.anonymous[at] as f64 - used.anonymous[0] as f64
}

/// All arms of a round.
pub(super) struct Arms {
    pub(super) ours: Burst,
    pub(super) ideal: Burst,
    pub(super) straight: Burst,
}

/// Records how long an arm took.
pub(super) fn record_times(record: &RoundRecorder<'_>, arm: Arm, burst: &Burst) {
    let [bound, ready, gone] = match arm {
        Arm::Ours => [Metric::BurstBound, Metric::BurstReady, Metric::BurstGone],
        Arm::Ideal => [Metric::BurstBoundIdeal, Metric::BurstReadyIdeal, Metric::BurstGoneIdeal],
        Arm::Straight => [Metric::BurstBoundDirect, Metric::BurstReadyDirect, Metric::BurstGoneDirect],
    };
    record.sample(bound, burst.bound);
    record.sample(ready, burst.ready);
    record.sample(gone, burst.gone);
}

impl Arms {
    /// Records ours over its floors.
    pub(super) fn record_ratios(&self, record: &RoundRecorder<'_>) {
        let Self { ours, ideal, straight } = self;
        for (metric, floor, own) in [
            (Metric::BurstBoundIdealRatio, ideal.bound, ours.bound),
            (Metric::BurstReadyIdealRatio, ideal.ready, ours.ready),
            (Metric::BurstGoneIdealRatio, ideal.gone, ours.gone),
            (Metric::BurstReadyDirectRatio, straight.ready, ours.ready),
            (Metric::BurstGoneDirectRatio, straight.gone, ours.gone),
        ] {
            record.sample(metric, floor / own);
        }
    }

    /// Records what a syncer takes, as the mean of all, and what a pod costs, of all pods of all tenants.
    pub(super) fn record_usage(&self, to: &RoundRecorder<'_>, size: Size) {
        let (ours, ideal) = (self.ours.used, self.ideal.used);
        let syncers = f64::from(size.tenants);
        let pods = syncers * f64::from(size.pods);
        let record = |metric, used: Option<Used>, read: fn(&Used) -> f64, of: f64| match used {
            Some(used) => to.sample(metric, read(&used) / of),
            None => to.absent(metric, SYNCER_ELSEWHERE),
        };
        record(Metric::SyncerIdle, ours, |used| used.bytes[0] as f64, syncers);
        record(Metric::SyncerFull, ours, |used| used.bytes[1] as f64, syncers);
        record(Metric::SyncerAfter, ours, |used| used.bytes[2] as f64, syncers);
        record(Metric::SyncerPerPod, ours, |used| grown(used, 1), pods);
        record(Metric::SyncerKept, ours, |used| grown(used, 2), pods);
        for (used, up, end) in [
            (ours, Metric::SyncerPodCpu, Metric::SyncerEndCpu),
            (ideal, Metric::IdealPodCpu, Metric::IdealEndCpu),
        ] {
            record(up, used, |used| used.ready_cpu, pods);
            record(end, used, |used| used.gone_cpu, pods);
        }
    }

    /// A syncer that writes a condition which is not its own takes Ready from a pod whose kubelet was quick.
    pub(super) fn check_kept(&self, record: &RoundRecorder<'_>) -> Result<(), RunError> {
        let Burst { seen, lost, .. } = self.ours;
        let verdict = if lost == 0 { Verdict::Held } else { Verdict::Broken };
        let detail = format!("of {seen} pods that the host has shown were Ready and then not: {lost}");
        record.check("ready-is-kept", verdict, detail.as_str());
        match lost {
            0 => Ok(()),
            _ => Err(RunError::Broken { broken: vec![detail] }),
        }
    }
}
