//! What a burst's three arms come to: times, ratios, and what syncers used.

use tenantbench_reports::{Metric, Verdict};

use super::{Arm, Look, Size};
use crate::{
    observe::process::Usage,
    probe::load::burst::{Burst, Looks},
    run::{RunError, recorder::RoundRecorder, steps::SYNCER_ELSEWHERE},
};

/// All arms of a round.
pub(super) struct Arms {
    pub(super) ours: Burst<Look>,
    pub(super) ideal: Burst<Look>,
    pub(super) straight: Burst<Look>,
}

/// Records how long an arm took.
pub(super) fn record_times(record: &RoundRecorder<'_>, arm: Arm, burst: &Burst<Look>) {
    let [bound, ready, gone] = match arm {
        Arm::Ours => [Metric::BurstBound, Metric::BurstReady, Metric::BurstGone],
        Arm::Ideal => [Metric::BurstBoundIdeal, Metric::BurstReadyIdeal, Metric::BurstGoneIdeal],
        Arm::Straight => [Metric::BurstBoundDirect, Metric::BurstReadyDirect, Metric::BurstGoneDirect],
    };
    record.sample(bound, burst.bound);
    record.sample(ready, burst.ready);
    record.sample(gone, burst.gone);
}

/// Records the processor time of an arm by stage and component.
pub(super) fn record_cpu(record: &RoundRecorder<'_>, arm: Arm, looks: &Looks<Look>) {
    let Looks { idle, ready, full, gone, after } = looks;
    for (stage, from, to) in [
        ("until Ready", idle, ready),
        ("then", ready, full),
        ("until gone", full, gone),
        ("at the end", gone, after),
    ] {
        for (component, part) in to.bill.each_since(&from.bill, 1).parts {
            let subject = format!("{}, {stage}: {component}", arm.name());
            record.full(Metric::BurstPartCpu, part.cpu, None, Some(subject), false);
        }
    }
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
        let [ours, ideal] = [&self.ours, &self.ideal].map(|burst| burst.looks.of(|look| look.syncers));
        let syncers = f64::from(size.tenants);
        let pods = syncers * f64::from(size.pods);
        let record = |metric, used: Option<Looks<Usage>>, read: fn(&Looks<Usage>) -> f64, of: f64| match used
        {
            Some(used) => to.sample(metric, read(&used) / of),
            None => to.absent(metric, SYNCER_ELSEWHERE),
        };
        record(Metric::SyncerIdle, ours, |used| used.idle.pss_bytes as f64, syncers);
        record(Metric::SyncerIdleResident, ours, |used| used.idle.rss_bytes as f64, syncers);
        record(Metric::SyncerFull, ours, |used| used.full.pss_bytes as f64, syncers);
        record(Metric::SyncerAfter, ours, |used| used.after.pss_bytes as f64, syncers);
        record(Metric::SyncerPerPod, ours, |used| grown(used.idle, used.full), pods);
        record(Metric::SyncerKept, ours, |used| grown(used.idle, used.after), pods);
        for (used, up, end, all) in [
            (ours, Metric::SyncerPodCpu, Metric::SyncerEndCpu, Metric::SyncerWholeCpu),
            (ideal, Metric::IdealPodCpu, Metric::IdealEndCpu, Metric::IdealWholeCpu),
        ] {
            record(up, used, |used| used.ready.cpu_seconds - used.idle.cpu_seconds, pods);
            record(end, used, |used| used.gone.cpu_seconds - used.full.cpu_seconds, pods);
            record(all, used, whole, pods);
        }
        match ours.zip(ideal) {
            Some((ours, ideal)) => to.sample(Metric::WholeCpuRatio, whole(&ideal) / whole(&ours)),
            None => to.absent(Metric::WholeCpuRatio, SYNCER_ELSEWHERE),
        }
    }

    /// A syncer that writes a condition which is not its own takes Ready from a pod whose kubelet was quick. A pod that
    /// loses it by any arm would be taken for Ready when it first was.
    pub(super) fn check_kept(&self, record: &RoundRecorder<'_>) -> Result<(), RunError> {
        let all = [(Arm::Ours, &self.ours), (Arm::Ideal, &self.ideal), (Arm::Straight, &self.straight)];
        let seen: usize = all.iter().map(|(_, burst)| burst.seen).sum();
        let broken: Vec<String> = all
            .iter()
            .filter(|(_, burst)| burst.lost > 0)
            .map(|(arm, Burst { seen, lost, .. })| {
                format!("{}: {seen} pods lost Ready {lost} times before they were deleted", arm.name())
            })
            .collect();
        if broken.is_empty() {
            let detail =
                format!("of the {seen} pods that the host has shown none lost Ready before its deletion");
            record.check("ready-is-kept", Verdict::Held, detail);
            return Ok(());
        }
        record.check("ready-is-kept", Verdict::Broken, broken.join("; "));
        Err(RunError::Broken { broken })
    }
}

/// Processor time from before the burst to the end of the rest after it, in which is done what was put off.
fn whole(used: &Looks<Usage>) -> f64 {
    used.after.cpu_seconds - used.idle.cpu_seconds
}

/// Bytes that a later time has more of its own.
fn grown(idle: Usage, later: Usage) -> f64 {
    later.anonymous_bytes as f64 - idle.anonymous_bytes as f64
}
