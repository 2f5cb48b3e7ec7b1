//! Probes: whether a container has started, is alive, is ready.

pub(crate) mod hook;
mod http;
mod judge;
mod target;

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use k8s_openapi::api::core::v1::{Container, Probe};
use tokio::{sync::mpsc, time};

use self::{judge::Judge, target::Target};
use super::{Context, ServedContainer};

/// Which of a container's probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProbeKind {
    Startup,
    Liveness,
    Readiness,
}

impl ProbeKind {
    fn word(self) -> &'static str {
        match self {
            Self::Startup => "Startup",
            Self::Liveness => "Liveness",
            Self::Readiness => "Readiness",
        }
    }
}

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// The probe succeeded as often as it must.
    Up(ProbeKind),
    /// It failed as often as it may.
    Down(ProbeKind, String),
    /// It failed, which counts for nothing yet.
    Failed(String),
}

/// What is probed.
#[derive(Clone)]
pub(crate) struct Probed {
    pub(crate) context: Arc<Context>,
    pub(crate) address: Ipv4Addr,
    pub(crate) container: Container,
    pub(crate) served: ServedContainer,
}

/// True where the container has a probe of this kind.
pub(crate) fn has(container: &Container, kind: ProbeKind) -> bool {
    probe(container, kind).is_some()
}

fn probe(container: &Container, kind: ProbeKind) -> Option<&Probe> {
    match kind {
        ProbeKind::Startup => container.startup_probe.as_ref(),
        ProbeKind::Liveness => container.liveness_probe.as_ref(),
        ProbeKind::Readiness => container.readiness_probe.as_ref(),
    }
}

/// Probes one container until dropped: first whether it has started, then whether it is alive and ready.
pub(crate) async fn run(probed: Probed, findings: mpsc::Sender<Finding>) {
    if let Some(startup) = probe(&probed.container, ProbeKind::Startup)
        && !repeat(&probed, ProbeKind::Startup, startup, &findings).await
    {
        return;
    }
    let both = [ProbeKind::Liveness, ProbeKind::Readiness].map(async |kind| {
        if let Some(probe) = probe(&probed.container, kind) {
            repeat(&probed, kind, probe, &findings).await;
        }
    });
    futures::future::join_all(both).await;
}

/// Probes again and again; a start-up probe ends with its first success, and says whether there was one.
async fn repeat(probed: &Probed, kind: ProbeKind, probe: &Probe, findings: &mpsc::Sender<Finding>) -> bool {
    let seconds = |value: Option<i32>, default: u64| {
        Duration::from_secs(value.and_then(|value| u64::try_from(value).ok()).unwrap_or(default))
    };
    let target = Target::of(probe, &probed.container);
    let limit = seconds(probe.timeout_seconds, 1).max(Duration::from_secs(1));
    let mut judge = Judge::new(probe);
    time::sleep(seconds(probe.initial_delay_seconds, 0)).await;
    let mut ticks = time::interval(seconds(probe.period_seconds, 10).max(Duration::from_secs(1)));
    ticks.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let outcome = match time::timeout(limit, target.check(probed)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(format!("no answer within {} s", limit.as_secs())),
        };
        let up = outcome.is_ok();
        let said = outcome.err().map(|message| format!("{} probe failed: {message}", kind.word()));
        let finding = match (judge.hear(up), said) {
            (Some(true), _) => Finding::Up(kind),
            (Some(false), said) => Finding::Down(kind, said.unwrap_or_default()),
            (None, Some(said)) => Finding::Failed(said),
            (None, None) => continue,
        };
        let started = finding == Finding::Up(ProbeKind::Startup);
        if findings.send(finding).await.is_err() || started {
            return started;
        }
    }
}
