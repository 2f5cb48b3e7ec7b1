//! Waits that end on watch events.

use std::{fmt::Debug, pin::pin, time::Duration};

use futures::StreamExt;
use kube::{
    Api, Resource,
    runtime::{WatchStreamExt, watcher, watcher::Event},
};
use serde::de::DeserializeOwned;

/// How long a test waits before it calls a thing broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The object called `name` once it is as it should be.
pub(crate) async fn until<K>(api: &Api<K>, name: &str, holds: impl Fn(&K) -> bool) -> K
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
{
    until_within(PATIENCE, api, name, holds).await
}

/// The same, of what takes its time.
pub(crate) async fn until_within<K>(
    limit: Duration,
    api: &Api<K>,
    name: &str,
    holds: impl Fn(&K) -> bool,
) -> K
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
{
    first(limit, api, watcher::Config::default().fields(&format!("metadata.name={name}")), holds).await
}

/// Any object that is as it should be.
pub(crate) async fn any<K>(api: &Api<K>, holds: impl Fn(&K) -> bool) -> K
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
{
    first(PATIENCE, api, watcher::Config::default(), holds).await
}

async fn first<K>(limit: Duration, api: &Api<K>, config: watcher::Config, holds: impl Fn(&K) -> bool) -> K
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
{
    let mut last = None;
    let found = tokio::time::timeout(limit, async {
        let mut events = pin!(watcher(api.clone(), config).default_backoff());
        while let Some(event) = events.next().await {
            if let Ok(Event::Apply(object) | Event::InitApply(object)) = event {
                if holds(&object) {
                    return object;
                }
                last = Some(object);
            }
        }
        unreachable!("a watcher never ends")
    })
    .await;
    found.unwrap_or_else(|_| panic!("not in time; it was last seen as {last:#?}"))
}

/// Returns when no object called `name` is left.
pub(crate) async fn gone<K>(api: &Api<K>, name: &str)
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
{
    let config = watcher::Config::default().fields(&format!("metadata.name={name}"));
    let waited = tokio::time::timeout(PATIENCE, async {
        let mut events = pin!(watcher(api.clone(), config).default_backoff());
        let mut there = false;
        while let Some(event) = events.next().await {
            match event {
                Ok(Event::InitApply(_)) => there = true,
                Ok(Event::InitDone) if !there => return,
                Ok(Event::Delete(_)) => return,
                _ => {}
            }
        }
    });
    assert!(waited.await.is_ok(), "{name} is still there");
}
