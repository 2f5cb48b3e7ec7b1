//! Keeps those tenants at work that are wanted.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    super::{Health, member, shared::Shared},
    Furnish, Roll, Wanted,
    roll::{Change, changes},
};
use crate::retry;

/// A tenant that has run so long was not broken by what it began with.
const LONG: Duration = Duration::from_secs(60);
/// Begins where waits are about a second: what ends a tenant is seldom mended sooner.
const FIRST_WAIT: u32 = 6;

type Rolls = Vec<watch::Receiver<Option<Roll>>>;

/// Begins and leaves tenants as the rolls say, until `stop`.
pub(super) async fn all(
    mut rolls: Rolls,
    furnish: Furnish,
    shared: Shared,
    health: Health,
    stop: CancellationToken,
) {
    let mut present: BTreeMap<String, (Wanted, DropGuard)> = BTreeMap::new();
    let mut tasks = JoinSet::new();
    loop {
        while tasks.try_join_next().is_some() {}
        let known: Vec<Option<Roll>> =
            rolls.iter_mut().map(|roll| roll.borrow_and_update().clone()).collect();
        if known.iter().all(Option::is_some) {
            health.knows_its_tenants();
        }
        let known: Vec<&Roll> = known.iter().flatten().collect();
        let running = present.iter().map(|(name, (wanted, _))| (name, wanted));
        for change in changes(running, &known) {
            match change {
                Change::Leave(name) => {
                    tracing::info!(tenant = name, "this tenant is left; what it has on the host stays there");
                    present.remove(&name);
                    health.forget(&name);
                }
                Change::Tell(name, problem) => {
                    tracing::warn!(tenant = name, problem, "this tenant cannot be followed as it is wanted");
                    if !present.contains_key(&name) {
                        health.member(&name).is_broken(&problem);
                    }
                }
                Change::Begin(name, wanted) => {
                    let stop = stop.child_token();
                    // First the end of the one that there was.
                    present.remove(&name);
                    let member = Member {
                        name: name.clone(),
                        wanted: (*wanted).clone(),
                        furnish: furnish.clone(),
                        health: health.member(&name),
                    };
                    tasks.spawn(member.run(shared.clone(), stop.clone()));
                    present.insert(name, (*wanted, stop.drop_guard()));
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = any_changed(&mut rolls) => {}
        }
    }
    while tasks.join_next().await.is_some() {}
}

/// Returns when a roll has changed. One that does not change any more is no reason to look again.
async fn any_changed(rolls: &mut Rolls) {
    let changed = rolls.iter_mut().map(|roll| {
        Box::pin(async move {
            if roll.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    });
    if changed.len() == 0 {
        return std::future::pending().await;
    }
    futures::future::select_all(changed).await;
}

struct Member {
    name: String,
    wanted: Wanted,
    furnish: Furnish,
    health: Health,
}

impl Member {
    /// Works for the tenant until `stop`, and tries anew after what ends the work for it.
    async fn run(self, shared: Shared, stop: CancellationToken) {
        let mut failures = FIRST_WAIT;
        loop {
            let began = Instant::now();
            let ended = async {
                let options = (self.furnish)(self.name.clone(), self.wanted.clone()).await?;
                Box::pin(member::run(options, shared.clone(), self.health.clone(), stop.clone())).await
            };
            let Err(error) = ended.await else { return };
            tracing::error!(tenant = self.name, %error, "this tenant is not synced; it is tried again");
            self.health.is_broken(&error.to_string());
            failures = if began.elapsed() > LONG { FIRST_WAIT } else { failures + 1 };
            if stop.run_until_cancelled(tokio::time::sleep(retry::delay(failures))).await.is_none() {
                return;
            }
        }
    }
}
