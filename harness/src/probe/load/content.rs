//! A ConfigMap and a Secret that a pod uses, changed one at a time; and the same kinds straight on the host, in turn.

use std::time::Duration;

use futures::{StreamExt, pin_mut, try_join};
use k8s_openapi::api::core::v1::{ConfigMap, Pod, Secret};
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, Patch, PatchParams, PostParams},
    core::NamespaceResourceScope,
    runtime::{WatchStreamExt, watcher},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use tenantbench_syncer::names::marks;
use tokio::{sync::watch, task::JoinHandle};

use super::{End, Ends, pod, watching};
use crate::{
    names,
    observe::{clock::Moment, patience::Patience, until::WaitError},
    run::RunError,
    tenancy::connect,
};

/// What one change took, in seconds.
#[derive(Clone, Debug)]
pub struct Changed {
    /// What was changed.
    pub kind: &'static str,
    /// Which change of it.
    pub number: u32,
    /// The tenant's API answered it.
    pub answer: f64,
    /// Changed in the tenant → seen on the host.
    pub down: f64,
    /// One like it changed straight on the host → seen there.
    pub direct: f64,
}

const NAME: &str = "load";
/// What is on the host without a tenant's being behind it.
const DIRECT: &str = "load-direct";

/// Where a copy carries the number of its last change; content may be hidden from whoever watches.
const CHANGE: &str = "load.example/change";

/// Makes both and a pod that uses them, changes each `changes` times, and removes all. Nothing where there are no two ends.
///
/// # Errors
/// [`RunError`] as calls and waits end.
pub async fn run(ends: &Ends, changes: u32, limit: Duration) -> Result<Vec<Changed>, RunError> {
    let Some(host) = &ends.run else { return Ok(Vec::new()) };
    let client = ends.requests().await?;
    let pods: Api<Pod> = Api::namespaced(client.clone(), &ends.asked.namespace);
    let user = json!({"volumes": [
        {"name": "map", "configMap": {"name": NAME}}, {"name": "secret", "secret": {"secretName": NAME}},
    ]});
    let on_host = connect(host.kubeconfig.clone()).await?;
    let places = Places {
        tenant: (&client, &ends.asked),
        host: (&on_host, host),
        patience: Patience::with_all(limit),
    };
    let (map, direct_map) = places.make::<ConfigMap>().await?;
    let (secret, direct_secret) = places.make::<Secret>().await?;
    let mut user = pod(NAME, ends.runs, user)?;
    // The watches of pods that are measured need not show it.
    user.labels_mut().clear();
    pods.create(&PostParams::default(), &user).await.map_err(RunError::probe("create a pod"))?;
    map.until("0").await?;
    secret.until("0").await?;
    direct_map.until("0").await?;
    direct_secret.until("0").await?;
    let mut all = Vec::new();
    for change in 1..=changes {
        all.push(map.change_beside(&direct_map, "ConfigMap", change).await?);
        all.push(secret.change_beside(&direct_secret, "Secret", change).await?);
    }
    pods.delete(NAME, &DeleteParams::default()).await.map_err(RunError::probe("delete a pod"))?;
    try_join!(map.remove(), direct_map.remove(), secret.remove(), direct_secret.remove())?;
    Ok(all)
}

/// Where both objects of a kind are made.
struct Places<'a> {
    tenant: (&'a Client, &'a End),
    host: (&'a Client, &'a End),
    patience: Patience,
}

impl Places<'_> {
    /// One in the tenant, and one straight on the host.
    async fn make<K: Kind>(&self) -> Result<(Content<K>, Content<K>), RunError> {
        let is_copy = |object: &K| object.annotations().get(marks::NAME).is_some_and(|name| name == NAME);
        let is_direct = |object: &K| object.name_any() == DIRECT;
        let copied = Content::make((self.tenant, NAME), (self.host.1, is_copy), self.patience).await?;
        let direct = Content::make((self.host, DIRECT), (self.host.1, is_direct), self.patience).await?;
        Ok((copied, direct))
    }
}

/// What can be changed so.
trait Kind:
    kube::Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + Clone
    + std::fmt::Debug
    + Serialize
    + DeserializeOwned
    + Send
    + Sync
    + 'static
{
}

impl Kind for ConfigMap {}
impl Kind for Secret {}

/// One object, and a watch for what is to show its changes on the host.
struct Content<K> {
    name: &'static str,
    api: Api<K>,
    /// The last change that is shown, and when it was.
    shown: watch::Receiver<Option<(String, Moment)>>,
    task: JoinHandle<()>,
    patience: Patience,
}

impl<K> Drop for Content<K> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<K: Kind> Content<K> {
    async fn make(
        ((client, place), name): ((&Client, &End), &'static str),
        (host, is_it): (&End, fn(&K) -> bool),
        patience: Patience,
    ) -> Result<Self, RunError> {
        let api: Api<K> = Api::namespaced(client.clone(), &place.namespace);
        let object = json!({"metadata": {"name": name, "annotations": {CHANGE: "0"}}, "data": {}});
        let object: K = serde_json::from_value(object).map_err(RunError::object)?;
        let made = api.create(&PostParams::default(), &object).await;
        made.map_err(RunError::probe("create what a pod uses"))?;
        let there: Api<K> = Api::namespaced(watching(&host.kubeconfig).await?, &host.namespace);
        let (sender, shown) = watch::channel(None);
        let task = tokio::spawn(async move {
            let there = watcher(there, watcher::Config::default()).default_backoff().applied_objects();
            pin_mut!(there);
            while let Some(next) = there.next().await {
                let (Ok(object), now) = (next, Moment::now()) else { continue };
                if is_it(&object)
                    && let Some(change) = object.annotations().get(CHANGE)
                {
                    sender.send_replace(Some((change.clone(), now)));
                }
            }
        });
        Ok(Self { name, api, shown, task, patience })
    }

    async fn remove(&self) -> Result<(), RunError> {
        let removed = self.api.delete(self.name, &DeleteParams::default()).await;
        removed.map(drop).map_err(RunError::probe("delete what a pod used"))
    }

    /// Changes this one, then one straight on the host.
    async fn change_beside(
        &self,
        direct: &Self,
        kind: &'static str,
        number: u32,
    ) -> Result<Changed, RunError> {
        let (answer, down) = self.change(number).await?;
        let (_, direct) = direct.change(number).await?;
        Ok(Changed { kind, number, answer, down, direct })
    }

    /// Waits until a change is shown on the host; returns when it was.
    async fn until(&self, change: &str) -> Result<Moment, RunError> {
        let mut seen = self.shown.clone();
        let shows = |seen: &Option<(String, Moment)>| seen.as_ref().is_some_and(|(shown, _)| shown == change);
        let limit = self.patience.left();
        let shown = tokio::time::timeout(limit, seen.wait_for(shows)).await;
        if let Ok(Ok(shown)) = shown
            && let Some((_, at)) = &*shown
        {
            return Ok(*at);
        }
        let last_seen = self.shown.borrow().as_ref().map_or("none".to_owned(), |(shown, _)| shown.clone());
        let what = format!("change {change} of a {} on the host", K::kind(&()));
        Err(WaitError::TimedOut { what, limit, last_seen }.into())
    }

    /// Seconds until the answer, and until it is shown on the host.
    async fn change(&self, number: u32) -> Result<(f64, f64), RunError> {
        let change = number.to_string();
        let patch = json!({"metadata": {"annotations": {CHANGE: change}}});
        let parameters = PatchParams::apply(names::FIELD_MANAGER);
        let parameters = PatchParams { force: false, ..parameters };
        let started = Moment::now();
        let patched = self.api.patch(self.name, &parameters, &Patch::Merge(patch)).await;
        let answer = started.elapsed().as_secs_f64();
        patched.map_err(RunError::probe("change what a pod uses"))?;
        Ok((answer, self.until(&change).await?.seconds_since(&started)))
    }
}
