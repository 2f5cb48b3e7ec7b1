//! Many pods at once, in one place or several: all created, all Ready, all deleted, all gone.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, future::try_join_all, stream};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api,
    api::{DeleteParams, PostParams},
};
use serde_json::json;
use tenantbench_syncer::client::{is_passing, retried};

use super::{Crowds, Ends, Runs, pod};
use crate::{
    observe::{clock::Moment, patience::Patience},
    run::RunError,
};

/// How much is asked for in each place.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// How many pods.
    pub pods: u32,
    /// How many calls are under way at once.
    pub parallel: u32,
    /// How long all waits together may take.
    pub limit: Duration,
}

/// What came of a burst. Times are seconds from the first call to the last pod of all places.
#[derive(Clone, Copy, Debug)]
pub struct Burst<L> {
    /// Until all were bound, where they were asked for.
    pub bound: f64,
    /// Until all were Ready there.
    pub ready: f64,
    /// From the first deletion until all were gone on the host.
    pub gone: f64,
    /// How many pods the host has shown.
    pub seen: usize,
    /// How often a pod lost Ready before it was deleted, at either end.
    pub lost: usize,
    /// What was seen of the machine meanwhile.
    pub looks: Looks<L>,
}

/// Looks at whatever a burst costs.
#[derive(Clone, Copy, Debug)]
pub struct Looks<L> {
    /// Before the burst.
    pub idle: L,
    /// When all pods were Ready.
    pub ready: L,
    /// A while later, when there is nothing to do: what is kept then is what a user pays for.
    pub full: L,
    /// When all were gone.
    pub gone: L,
    /// A while later.
    pub after: L,
}

impl<L> Looks<L> {
    /// One thing of each look; none where one of them lacks it.
    pub fn of<T>(&self, part: impl Fn(&L) -> Option<T>) -> Option<Looks<T>> {
        Some(Looks {
            idle: part(&self.idle)?,
            ready: part(&self.ready)?,
            full: part(&self.full)?,
            gone: part(&self.gone)?,
            after: part(&self.after)?,
        })
    }
}

/// Goes to all places at the same time: creates all pods, waits until all of a place are Ready at once, deletes all when
/// they are so in every place, and waits until all are gone at both ends. Both times everything is let alone for `rest`
/// before it is looked at again.
///
/// # Errors
/// [`RunError`] as calls and waits end.
pub async fn run<L>(
    places: &[Ends],
    load: Load,
    rest: Duration,
    look: impl Fn() -> L,
) -> Result<Burst<L>, RunError> {
    let patience = Patience::with_all(load.limit);
    let places = try_join_all(places.iter().map(|ends| Place::open(ends, patience))).await?;
    let idle = look();
    let started = Moment::now();
    try_join_all(places.iter().map(|place| place.up(load))).await?;
    let (ready, full) = (look(), rested(rest, &look).await);
    let seen = places.iter().map(|place| place.crowds.host().tally().seen).sum();
    let lost = places.iter().map(Place::lost).sum();
    let ended = Moment::now();
    try_join_all(places.iter().map(|place| place.down(load))).await?;
    let (gone, after) = (look(), rested(rest, &look).await);
    let last = |from: Moment, of: &dyn Fn(&Crowds) -> Option<Moment>| {
        let last = places.iter().filter_map(|place| of(&place.crowds)).max_by_key(|moment| moment.instant);
        last.map_or(f64::NAN, |last| last.seconds_since(&from))
    };
    Ok(Burst {
        bound: last(started, &|crowds| crowds.asked.last(|way| way.bound)),
        ready: last(started, &|crowds| crowds.asked.last(|way| way.ready)),
        gone: last(ended, &|crowds| crowds.host().last(|way| way.gone)),
        seen,
        lost,
        looks: Looks { idle, ready, full, gone, after },
    })
}

/// Where a burst goes, and the watches that see it.
struct Place {
    api: Api<Pod>,
    crowds: Crowds,
    runs: Runs,
    patience: Patience,
}

impl Place {
    async fn open(ends: &Ends, patience: Patience) -> Result<Self, RunError> {
        let api = Api::namespaced(ends.requests().await?, &ends.asked.namespace);
        Ok(Self { api, crowds: ends.crowds(patience.left()).await?, runs: ends.runs, patience })
    }

    /// Creates the pods and waits until all are Ready at one time: one that loses Ready again is missed.
    async fn up(&self, load: Load) -> Result<(), RunError> {
        create(&self.api, self.runs, load).await?;
        let all = load.pods as usize;
        let (what, limit) = ("all pods of a burst Ready", self.patience.left());
        self.crowds.asked.until(what, limit, |tally| tally.ready == all).await?;
        let (what, limit) = ("all pods of a burst Ready on the host", self.patience.left());
        Ok(self.crowds.host().until(what, limit, |tally| tally.ready == all).await?)
    }

    /// How often a pod has lost Ready, at the end where that was more often.
    fn lost(&self) -> usize {
        self.crowds.asked.tally().lost.max(self.crowds.host().tally().lost)
    }

    /// Deletes the pods and waits until all are gone at both ends.
    async fn down(&self, load: Load) -> Result<(), RunError> {
        delete(&self.api, load).await?;
        let all = load.pods as usize;
        let (host, asked) = (self.crowds.host(), &self.crowds.asked);
        let (what, limit) = ("the end of a burst on the host", self.patience.left());
        host.until(what, limit, |tally| tally.gone == all).await?;
        Ok(asked.until("the end of a burst", self.patience.left(), |tally| tally.gone == all).await?)
    }
}

async fn rested<L>(rest: Duration, look: impl Fn() -> L) -> L {
    tokio::time::sleep(rest).await;
    look()
}

/// Creates the pods of a burst.
pub(super) async fn create(api: &Api<Pod>, runs: Runs, load: Load) -> Result<(), RunError> {
    let calls = stream::iter(names(load)).map(|name| create_one(api.clone(), runs, name));
    calls.buffer_unordered(load.parallel as usize).try_collect().await
}

async fn create_one(api: Api<Pod>, runs: Runs, name: String) -> Result<(), RunError> {
    let pod = pod(&name, runs, json!({}))?;
    let params = PostParams::default();
    let made = retried(|| api.create(&params, &pod), is_passing).await;
    made.map(drop).map_err(RunError::probe("create a pod of a burst"))
}

/// Deletes the pods of a burst.
async fn delete(api: &Api<Pod>, load: Load) -> Result<(), RunError> {
    let calls = stream::iter(names(load)).map(|name| delete_one(api.clone(), name));
    calls.buffer_unordered(load.parallel as usize).try_collect().await
}

async fn delete_one(api: Api<Pod>, name: String) -> Result<(), RunError> {
    let deleted = api.delete(&name, &DeleteParams::default()).await;
    deleted.map(drop).map_err(RunError::probe("delete a pod of a burst"))
}

fn names(load: Load) -> impl Iterator<Item = String> {
    (0..load.pods).map(|number| format!("burst-{number:05}"))
}
