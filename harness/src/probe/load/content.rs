//! A ConfigMap and a Secret that a pod uses, changed one at a time.

use std::time::Duration;

use futures::{StreamExt, pin_mut};
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
    observe::{clock::Moment, until::WaitError},
    run::RunError,
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
}

const NAME: &str = "load";

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
    let map = Content::<ConfigMap>::make(&client, ends, host, limit).await?;
    let secret = Content::<Secret>::make(&client, ends, host, limit).await?;
    let mut user = pod(NAME, ends.runs, user)?;
    // The watches of pods that are measured need not show it.
    user.labels_mut().clear();
    pods.create(&PostParams::default(), &user).await.map_err(RunError::probe("create a pod"))?;
    map.until("0").await?;
    secret.until("0").await?;
    let mut all = Vec::new();
    for change in 1..=changes {
        all.push(map.change("ConfigMap", change).await?);
        all.push(secret.change("Secret", change).await?);
    }
    pods.delete(NAME, &DeleteParams::default()).await.map_err(RunError::probe("delete a pod"))?;
    Ok(all)
}

/// One object in the tenant, and a watch for its copy.
struct Content<K> {
    api: Api<K>,
    /// The last change that the copy shows, and when it did.
    copy: watch::Receiver<Option<(String, Moment)>>,
    task: JoinHandle<()>,
    limit: Duration,
}

impl<K> Drop for Content<K> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<K> Content<K>
where
    K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + std::fmt::Debug
        + Serialize
        + DeserializeOwned
        + Send
        + Sync
        + 'static,
{
    async fn make(client: &Client, ends: &Ends, host: &End, limit: Duration) -> Result<Self, RunError> {
        let api: Api<K> = Api::namespaced(client.clone(), &ends.asked.namespace);
        let object = json!({"metadata": {"name": NAME, "annotations": {CHANGE: "0"}}, "data": {}});
        let object: K = serde_json::from_value(object).map_err(RunError::object)?;
        let made = api.create(&PostParams::default(), &object).await;
        made.map_err(RunError::probe("create what a pod uses"))?;
        let copies: Api<K> = Api::namespaced(watching(&host.kubeconfig).await?, &host.namespace);
        let (sender, copy) = watch::channel(None);
        let task = tokio::spawn(async move {
            let copies = watcher(copies, watcher::Config::default()).default_backoff().applied_objects();
            pin_mut!(copies);
            while let Some(next) = copies.next().await {
                let (Ok(object), now) = (next, Moment::now()) else { continue };
                let notes = object.annotations();
                if notes.get(marks::NAME).is_some_and(|name| name == NAME)
                    && let Some(change) = notes.get(CHANGE)
                {
                    sender.send_replace(Some((change.clone(), now)));
                }
            }
        });
        Ok(Self { api, copy, task, limit })
    }

    /// Waits until the copy shows a change; returns when it did.
    async fn until(&self, change: &str) -> Result<Moment, RunError> {
        let mut copy = self.copy.clone();
        let shows = |copy: &Option<(String, Moment)>| copy.as_ref().is_some_and(|(shown, _)| shown == change);
        let shown = tokio::time::timeout(self.limit, copy.wait_for(shows)).await;
        if let Ok(Ok(shown)) = shown
            && let Some((_, at)) = &*shown
        {
            return Ok(*at);
        }
        let last_seen = self.copy.borrow().as_ref().map_or("no copy".to_owned(), |(shown, _)| shown.clone());
        let what = format!("change {change} of a {} on the host", K::kind(&()));
        Err(WaitError::TimedOut { what, limit: self.limit, last_seen }.into())
    }

    async fn change(&self, kind: &'static str, number: u32) -> Result<Changed, RunError> {
        let change = number.to_string();
        let patch = json!({"metadata": {"annotations": {CHANGE: change}}});
        let parameters = PatchParams::apply(names::FIELD_MANAGER);
        let parameters = PatchParams { force: false, ..parameters };
        let started = Moment::now();
        let patched = self.api.patch(NAME, &parameters, &Patch::Merge(patch)).await;
        let answer = started.elapsed().as_secs_f64();
        patched.map_err(RunError::probe("change what a pod uses"))?;
        let down = self.until(&change).await?.seconds_since(&started);
        Ok(Changed { kind, number, answer, down })
    }
}
