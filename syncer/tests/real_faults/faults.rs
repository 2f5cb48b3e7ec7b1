//! Carries out faults. Each begins and, a while later, ends; meanwhile others may begin that touch other programs.

use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use nix::sys::signal::Signal;
use serde_json::json;

use crate::{
    etcd,
    program::signal,
    schedule::{Fault, Side, Target, Trouble},
    stage::Stage,
};

/// Faults that have begun.
#[derive(Default)]
pub(crate) struct Faults {
    active: Vec<(Instant, Fault)>,
}

impl Fault {
    /// How long it lasts.
    fn time(self) -> Duration {
        match self {
            Self::KillSyncer(_) => Duration::ZERO,
            Self::Away(time)
            | Self::PauseSyncer(time)
            | Self::Kill(_, time)
            | Self::Pause(_, time)
            | Self::Network(_, _, time)
            | Self::Lapse(_, time)
            | Self::FullDisk(time) => time,
        }
    }

    /// What no other fault may touch meanwhile.
    fn touches(self) -> Vec<&'static str> {
        let link = |side| if side == Side::Host { "host-link" } else { "tenant-link" };
        match self {
            Self::KillSyncer(_) | Self::PauseSyncer(_) => vec!["syncer"],
            Self::Away(_) => vec!["syncer", Target::HostEtcd.program(), Target::TenantEtcd.program()],
            Self::Kill(target, _) | Self::Pause(target, _) => vec![target.program()],
            Self::Network(side, ..) => vec![link(side)],
            Self::Lapse(side, _) => {
                vec![link(side), Target::api(side).program(), Target::etcd(side).program()]
            }
            Self::FullDisk(_) => vec![Target::TenantEtcd.program(), Target::TenantApi.program()],
        }
    }
}

impl Faults {
    /// Begins a fault as soon as none is under way that it cannot go with.
    pub(crate) async fn begin(&mut self, fault: Fault, stage: &mut Stage) {
        let touched = fault.touches();
        let is_in_the_way = |active: &Fault| active.touches().iter().any(|name| touched.contains(name));
        while self.active.iter().any(|(_, active)| is_in_the_way(active)) {
            self.end_first(stage).await;
        }
        fault.begin(stage).await;
        self.active.push((Instant::now() + fault.time(), fault));
        self.active.sort_by_key(|(at, _)| *at);
    }

    /// When the next one ends.
    pub(crate) fn next_end(&self) -> Option<Instant> {
        self.active.first().map(|(at, _)| *at)
    }

    /// Waits for the end of the first one to end.
    pub(crate) async fn end_first(&mut self, stage: &mut Stage) {
        if self.active.is_empty() {
            return;
        }
        let (at, fault) = self.active.remove(0);
        tokio::time::sleep_until(at.into()).await;
        fault.end(stage).await;
    }

    /// Whether a fault keeps a program down or in its hands.
    pub(crate) fn holds(&self, program: &str) -> bool {
        self.active.iter().any(|(_, fault)| fault.touches().contains(&program))
    }
}

impl Fault {
    async fn begin(self, stage: &mut Stage) {
        match self {
            Self::KillSyncer(moment) => {
                stage.until(moment).await;
                stage.syncer.kill();
                stage.start_syncer();
            }
            Self::Away(_) => stage.syncer.kill(),
            Self::PauseSyncer(_) => stage.syncer.signal(Signal::SIGSTOP),
            Self::Kill(target, _) => stage.world.processes().stop(target.program()),
            Self::Pause(target, _) => signal(stage.world.processes().id(target.program()), Signal::SIGSTOP),
            Self::Network(side, trouble, _) => stage.link(side).begin(trouble),
            Self::Lapse(side, _) => {
                stage.link(side).begin(Trouble::Cut);
                stage.world.processes().stop(Target::api(side).program());
            }
            Self::FullDisk(_) => fill(stage).await,
        }
    }

    async fn end(self, stage: &mut Stage) {
        match self {
            Self::KillSyncer(_) => {}
            Self::Away(_) => {
                for side in [Side::Host, Side::Tenant] {
                    compact(stage, side).await;
                }
                stage.start_syncer();
            }
            Self::PauseSyncer(_) => stage.syncer.signal(Signal::SIGCONT),
            Self::Kill(target, _) => stage.world.processes().start_again(target.program()),
            Self::Pause(target, _) => signal(stage.world.processes().id(target.program()), Signal::SIGCONT),
            Self::Network(side, ..) => stage.link(side).end(),
            Self::Lapse(side, _) => {
                compact(stage, side).await;
                stage.world.processes().start_again(Target::api(side).program());
                stage.link(side).end();
            }
            Self::FullDisk(_) => empty(stage).await,
        }
    }
}

/// Less than any database.
const QUOTA: (&str, &str) = ("ETCD_QUOTA_BACKEND_BYTES", "20480");

/// Gives the tenant's etcd less room than it uses, and waits until it has noticed.
async fn fill(stage: &mut Stage) {
    let name = Target::TenantEtcd.program();
    stage.world.processes().stop(name);
    stage.world.processes().set(name, QUOTA.0, Some(QUOTA.1));
    stage.world.processes().start_again(name);
    let maps: Api<ConfigMap> = Api::namespaced(stage.world.tenant.clone(), "kube-public");
    let url = stage.etcd(Side::Tenant);
    until_done(stage, &[Target::TenantEtcd, Target::TenantApi], || async {
        // Only a write makes it look.
        let write = Patch::Apply(json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "full"},
            "data": {"at": format!("{:?}", Instant::now())},
        }));
        let params = PatchParams::apply("tests");
        let _ = tokio::time::timeout(Duration::from_secs(2), maps.patch("full", &params, &write)).await;
        etcd::is_full(url.clone()).await
    })
    .await;
}

/// What an operator does then: more room, history away, writes in again.
async fn empty(stage: &mut Stage) {
    let name = Target::TenantEtcd.program();
    stage.world.processes().stop(name);
    stage.world.processes().set(name, QUOTA.0, None);
    stage.world.processes().start_again(name);
    let url = stage.etcd(Side::Tenant);
    until_done(stage, &[Target::TenantEtcd], || etcd::make_room(url.clone())).await;
}

async fn compact(stage: &mut Stage, side: Side) {
    let url = stage.etcd(side);
    until_done(stage, &[Target::etcd(side)], || etcd::compact(url.clone())).await;
}

/// Programs that are starting refuse connections, tell nobody when they do no longer, and may end where others that
/// they need are down; then they are started again.
async fn until_done<F: Future<Output = bool>>(
    stage: &mut Stage,
    needed: &[Target],
    mut attempt: impl FnMut() -> F,
) {
    while !attempt().await {
        needed.iter().for_each(|target| stage.revive_one(*target));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
