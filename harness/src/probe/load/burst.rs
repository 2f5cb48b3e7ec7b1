//! Many pods at once: all created, all Ready, all deleted, all gone.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api,
    api::{DeleteParams, PostParams},
};
use serde_json::json;

use super::{Crowds, Ends, PAUSE, Runs, TRIES, is_passing, pod};
use crate::{
    observe::{clock::Moment, process::Usage},
    run::RunError,
};

/// How much is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// How many pods.
    pub pods: u32,
    /// How many calls are under way at once.
    pub parallel: u32,
    /// How long each wait may take.
    pub limit: Duration,
}

/// What came of a burst. Times are seconds from the first call to the last pod.
#[derive(Clone, Copy, Debug)]
pub struct Burst {
    /// Until all were bound, where they were asked for.
    pub bound: f64,
    /// Until all were Ready there.
    pub ready: f64,
    /// From the first deletion until all were gone on the host.
    pub gone: f64,
    /// How often a pod lost Ready before it was deleted, at either end.
    pub lost: usize,
    /// What the syncer used; none where there is none to be read.
    pub used: Option<Used>,
}

/// What a syncer used for a burst. Memory is read a while after each stage, when there is nothing to do: what a syncer
/// keeps is what a user pays for.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    /// Proportional set size in bytes before the burst, with all pods Ready, and with all gone.
    pub bytes: [u64; 3],
    /// Processor time in seconds until all were Ready.
    pub ready_cpu: f64,
    /// The same from the first deletion until all were gone.
    pub gone_cpu: f64,
}

/// How long a syncer is let alone before its memory is read.
const REST: Duration = Duration::from_secs(5);

/// Creates all pods, waits until all are Ready at once, deletes all, and waits until all are gone at both ends.
///
/// # Errors
/// [`RunError`] as calls and waits end.
pub async fn run(ends: &Ends, load: Load, usage: impl Fn() -> Option<Usage>) -> Result<Burst, RunError> {
    let api: Api<Pod> = Api::namespaced(ends.requests().await?, &ends.asked.namespace);
    let crowds = ends.crowds(load.limit).await?;
    let idle = usage();
    let started = Moment::now();
    create(&api, ends.runs, load).await?;
    all_ready(&crowds, load).await?;
    let ready = usage();
    let full = rested(&usage).await;
    let lost =
        [&crowds.asked, crowds.host()].map(|crowd| crowd.tally().lost).into_iter().max().unwrap_or_default();
    let ended = Moment::now();
    down(&api, &crowds, load).await?;
    let gone = usage();
    let after = rested(&usage).await;
    let since = |from: Moment, last: Option<Moment>| last.map_or(f64::NAN, |last| last.seconds_since(&from));
    Ok(Burst {
        bound: since(started, crowds.asked.last(|way| way.bound)),
        ready: since(started, crowds.asked.last(|way| way.ready)),
        gone: since(ended, crowds.host().last(|way| way.gone)),
        lost,
        used: used(idle, ready.zip(full), gone.zip(after)),
    })
}

/// What it uses after a rest, if it can be read at all.
async fn rested(usage: impl Fn() -> Option<Usage>) -> Option<Usage> {
    usage()?;
    tokio::time::sleep(REST).await;
    usage()
}

/// Each pair is of a stage's end and of the rest after it.
fn used(idle: Option<Usage>, up: Option<(Usage, Usage)>, down: Option<(Usage, Usage)>) -> Option<Used> {
    let (idle, (ready, full), (gone, after)) = (idle?, up?, down?);
    Some(Used {
        bytes: [idle.pss_bytes, full.pss_bytes, after.pss_bytes],
        ready_cpu: ready.cpu_seconds - idle.cpu_seconds,
        gone_cpu: gone.cpu_seconds - full.cpu_seconds,
    })
}

/// Waits until all pods are Ready at one time: a pod that loses Ready again is missed.
async fn all_ready(crowds: &Crowds, load: Load) -> Result<(), RunError> {
    let all = load.pods as usize;
    crowds.asked.until("all pods of a burst Ready", load.limit, |tally| tally.ready == all).await?;
    let what = "all pods of a burst Ready on the host";
    Ok(crowds.host().until(what, load.limit, |tally| tally.ready == all).await?)
}

/// Creates the pods of a burst.
pub(super) async fn create(api: &Api<Pod>, runs: Runs, load: Load) -> Result<(), RunError> {
    let calls = stream::iter(names(load)).map(|name| create_one(api.clone(), runs, name));
    calls.buffer_unordered(load.parallel as usize).try_collect().await
}

async fn create_one(api: Api<Pod>, runs: Runs, name: String) -> Result<(), RunError> {
    let pod = pod(&name, runs, json!({}))?;
    let mut made = api.create(&PostParams::default(), &pod).await;
    for _ in 1..TRIES {
        match &made {
            Err(error) if is_passing(error) => tokio::time::sleep(PAUSE).await,
            _ => break,
        }
        made = api.create(&PostParams::default(), &pod).await;
    }
    made.map(drop).map_err(RunError::probe("create a pod of a burst"))
}

/// Deletes them and waits until all are gone at both ends.
async fn down(api: &Api<Pod>, crowds: &Crowds, load: Load) -> Result<(), RunError> {
    delete(api, load).await?;
    let all = load.pods as usize;
    crowds.host().until("the end of a burst on the host", load.limit, |tally| tally.gone == all).await?;
    crowds.asked.until("the end of a burst", load.limit, |tally| tally.gone == all).await?;
    Ok(())
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
