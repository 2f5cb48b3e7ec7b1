//! Carries out the load: what happens to one object in order, what happens to several at once. An API server that does
//! not answer is asked again until it does, so that what is wished for is known in the end.

use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
    time::Duration,
};

use kube::{
    Api, Client,
    api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions},
    core::DynamicObject,
};
use serde_json::{Value, json};
use tenantbench_syncer::names::Names;
use tokio::sync::{mpsc, watch};

use crate::{
    schedule::{Act, Drift},
    support::HOST_NAMESPACE,
    thing::{Kind, LIFE, Thing, VERSION, Wish},
};

const LANES: usize = 24;
/// How long an answer may take: longer than anything is paused, so that few tries are given up.
const PATIENCE: Duration = Duration::from_secs(60);
const AGAIN: Duration = Duration::from_millis(50);

/// Acts under way.
pub(crate) struct Lanes {
    lanes: Vec<mpsc::UnboundedSender<(Thing, Act)>>,
    state: watch::Sender<State>,
}

#[derive(Default)]
struct State {
    open: usize,
    /// What an API server had against an act. It would have that for ever.
    refused: Option<String>,
}

#[derive(Clone)]
struct Doer {
    tenant: Client,
    host: Client,
    names: Names,
}

impl Lanes {
    pub(crate) fn start(tenant: Client, host: Client, names: Names) -> Self {
        let doer = Doer { tenant, host, names };
        let state = watch::Sender::default();
        let lanes = (0..LANES).map(|_| lane(doer.clone(), state.clone())).collect();
        Self { lanes, state }
    }

    pub(crate) fn push(&self, thing: Thing, act: Act) {
        let mut hasher = DefaultHasher::new();
        thing.hash(&mut hasher);
        let lane = usize::try_from(hasher.finish() % LANES as u64).unwrap_or_default();
        self.state.send_modify(|state| state.open += 1);
        self.lanes[lane].send((thing, act)).expect("the lane runs");
    }

    /// Returns when at most `most` acts are under way.
    pub(crate) async fn at_most(&self, most: usize) {
        let mut state = self.state.subscribe();
        let state = state.wait_for(|state| state.open <= most || state.refused.is_some()).await;
        assert_eq!(state.expect("the lanes run").refused, None);
    }
}

fn lane(doer: Doer, state: watch::Sender<State>) -> mpsc::UnboundedSender<(Thing, Act)> {
    let (sender, mut acts) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some((thing, act)) = acts.recv().await {
            loop {
                match doer.carry_out(thing, &act).await {
                    Ok(true) => break,
                    Ok(false) => tokio::time::sleep(AGAIN).await,
                    Err(refused) => {
                        state.send_modify(|state| state.refused = Some(format!("{thing:?}: {refused}")));
                        return;
                    }
                }
            }
            state.send_modify(|state| state.open -= 1);
        }
    });
    sender
}

impl Doer {
    /// Whether it is done for sure. A try whose answer was lost may still be carried out, later: so each says what it is
    /// about, and does nothing to what came after it.
    ///
    /// # Errors
    /// What an API server has against it.
    async fn carry_out(&self, thing: Thing, act: &Act) -> Result<bool, String> {
        let api = thing.kind.api(&self.tenant, thing.namespace());
        match act {
            Act::Make(wish) => make(&api, thing, wish).await,
            Act::Change(wish) => change(&api, thing, wish).await,
            Act::Delete { forced } => {
                let grace_period_seconds = forced.then_some(0);
                delete(&api, &thing.name(), DeleteParams { grace_period_seconds, ..DeleteParams::default() })
                    .await
            }
            Act::Drift(drift) => self.drift(thing, *drift).await,
        }
    }

    async fn drift(&self, thing: Thing, drift: Drift) -> Result<bool, String> {
        let api = thing.kind.api(&self.host, HOST_NAMESPACE);
        let name = self.names.host(thing.namespace(), &thing.name());
        let change = match drift {
            Drift::Delete => return delete(&api, &name, DeleteParams::default()).await,
            Drift::StripLabels => json!({"metadata": {"labels": {"tenantbench.dev/vcluster": null}}}),
            Drift::Edit => edit(thing.kind),
        };
        done(answer(api.patch(&name, &PatchParams::default(), &Patch::Merge(change))).await)
    }
}

type Objects = Api<DynamicObject>;

async fn make(api: &Objects, thing: Thing, wish: &Wish) -> Result<bool, String> {
    let object: DynamicObject = serde_json::from_value(wish.object(thing)).expect("an object");
    match answer(api.create(&PostParams::default(), &object)).await {
        // Either an earlier try has come through, or the one before it is still on its way out.
        Some(Err(kube::Error::Api(status))) if status.code == 409 => {
            let found = answer(api.get(&thing.name())).await.and_then(Result::ok);
            let life = found.and_then(|found| found.metadata.annotations?.get(LIFE).cloned());
            Ok(life.is_some_and(|life| life == wish.life.to_string()))
        }
        Some(Err(kube::Error::Api(status))) if status.code == 404 => Ok(false),
        other => done(other),
    }
}

async fn change(api: &Objects, thing: Thing, wish: &Wish) -> Result<bool, String> {
    let found = match answer(api.get_opt(&thing.name())).await {
        Some(Ok(Some(found))) => found,
        Some(Ok(None)) => return Ok(true),
        _ => return Ok(false),
    };
    let version = found.metadata.labels.as_ref().and_then(|labels| labels.get(VERSION));
    if version.is_some_and(|version| *version == wish.version.to_string()) {
        return Ok(true);
    }
    let mut change = wish.change(thing);
    change["metadata"]["resourceVersion"] = json!(found.metadata.resource_version);
    done(answer(api.patch(&thing.name(), &PatchParams::default(), &Patch::Merge(change))).await)
}

async fn delete(api: &Objects, name: &str, params: DeleteParams) -> Result<bool, String> {
    match answer(api.get_opt(name)).await {
        Some(Ok(Some(found))) => {
            let this_one = Preconditions { uid: found.metadata.uid, resource_version: None };
            done(answer(api.delete(name, &params.preconditions(this_one))).await)
        }
        Some(Ok(None)) => Ok(true),
        _ => Ok(false),
    }
}

fn edit(kind: Kind) -> Value {
    match kind {
        Kind::ConfigMap => json!({"data": {"k": "changed by hand"}}),
        Kind::Secret => json!({"stringData": {"k": "changed by hand"}}),
        Kind::Service => json!({"spec": {"selector": {"app": "changed-by-hand"}}}),
        Kind::Pod => json!({"metadata": {"labels": {VERSION: "changed-by-hand"}}}),
    }
}

async fn answer<T>(call: impl Future<Output = kube::Result<T>>) -> Option<kube::Result<T>> {
    tokio::time::timeout(PATIENCE, call).await.ok()
}

/// What is not there cannot be changed, and need not be deleted. A Service whose address cannot be stored is called
/// invalid.
fn done<T>(answer: Option<kube::Result<T>>) -> Result<bool, String> {
    match answer {
        Some(Ok(_)) => Ok(true),
        Some(Err(kube::Error::Api(status))) => match status.code {
            404 => Ok(true),
            400 | 422 if !status.message.contains("failed to allocate") => Err(status.message.clone()),
            _ => Ok(false),
        },
        _ => Ok(false),
    }
}
