//! What is left after the tenant: objects on the host, processes, ports and files on this machine.

use futures::{FutureExt, future::BoxFuture};
use tenantbench_reports::{Event, Leftover, Metric};

use super::proof;
use crate::{
    probe::{inventory::Inventory, leftovers},
    run::{
        RunError,
        round::{Round, Step, control_plane_pss, machine_state},
    },
};

/// Compares the host and the machine with how they were before the tenant came.
pub fn run<'r>(round: &'r mut Round<'_>) -> BoxFuture<'r, Result<Step, RunError>> {
    async move {
        let after = Inventory::take(&round.platform.client()).await?;
        let objects = leftovers::objects(&after.added_since(&round.before.objects), &round.before.shared);
        let machine = machine_state(round.platform).added_since(&round.before.machine);
        for leftover in objects.into_iter().chain(leftovers::machine(machine, &round.before.shared)) {
            emit(round, leftover);
        }
        growth(round);
        let names: Vec<String> = round.guests.keys().cloned().collect();
        for name in &names {
            round.turn_to(Some(name));
            proof::actors_of(round, round.tenant()?);
        }
        Ok(Step::Done)
    }
    .boxed()
}

fn emit(round: &Round<'_>, leftover: Leftover) {
    round.record.run.emit(Event::Leftover {
        round: round.record.round,
        model: round.record.model.to_owned(),
        leftover,
    });
}

fn growth(round: &Round<'_>) {
    let now = control_plane_pss(round.platform);
    match round.before.host_pss_bytes.zip(now) {
        Some((before, now)) => round.record.sample(Metric::HostGrowth, now as f64 - before as f64),
        None => round.record.absent(Metric::HostGrowth, "the host's processes are not on this machine"),
    }
}
